/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Values of rtparams that are texts: the interfaces and the MAC address.
 */
#include <stddef.h>
#include <string.h>

#include "rtparams_text.h"

static bool
in_name(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-');
}

bool
mirage_rtparams_interface(
    const char **at, struct mirage_rtparam_interface *interface)
{
	static const char steal[] = ":steal";
	const char *s = *at;
	size_t n = 0;

	memset(interface, 0, sizeof(*interface));
	if (*s == '+')
		s++;
	while (in_name(s[n]))
		n++;
	if (n == 0 || n >= sizeof(interface->name))
		return (false);
	memcpy(interface->name, s, n);
	s += n;
	if (strncmp(s, steal, sizeof(steal) - 1) == 0) {
		interface->steal = true;
		s += sizeof(steal) - 1;
	}
	if (*s != '+' && *s != '\0')
		return (false);
	*at = s;
	return (true);
}

const char *
mirage_rtparams_bad_interfaces(const char *text)
{
	struct mirage_rtparam_interface names[MIRAGE_RTPARAM_INTERFACES];
	const char *at = text, *start;
	unsigned n, i;

	for (n = 0;; n++) {
		start = n == 0 ? at : at + 1;
		if (n == MIRAGE_RTPARAM_INTERFACES ||
		    (n > 0 && !in_name(*start)) ||
		    !mirage_rtparams_interface(&at, &names[n]))
			return (start);
		for (i = 0; i < n; i++)
			if (strcmp(names[i].name, names[n].name) == 0)
				return (start);
		if (*at == '\0')
			return (NULL);
	}
}

static int
digit(char c)
{
	return (c >= '0' && c <= '9' ? c - '0' :
		c >= 'a' && c <= 'f' ? c - 'a' + 10 :
		c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				       -1);
}

bool
mirage_rtparams_mac(const char *text, uint8_t mac[6])
{
	unsigned any = 0;
	int i, high, low;

	for (i = 0; i < 6; i++) {
		if (i > 0 && *text++ != ':')
			return (false);
		high = digit(text[0]);
		low = high < 0 ? -1 : digit(text[1]);
		if (low < 0)
			return (false);
		mac[i] = (uint8_t)(high << 4 | low);
		any |= mac[i];
		text += 2;
	}
	return (*text == '\0' && any != 0 && (mac[0] & 1) == 0);
}
