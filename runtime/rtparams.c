/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parses rtparams; the table is rtparams.def.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "rtparams_text.h"

static const struct mirage_rtparam_row rows[] = {
#define MIRAGE_RTPARAM(letter, member, dflt, min, max, unit, text) \
	{letter, #member, dflt, min, max, unit, text},
#define MIRAGE_RTPARAM_TEXT(letter, member, bytes, form, dflt, text)
#include <mirage/rtparams.def>
#undef MIRAGE_RTPARAM
#undef MIRAGE_RTPARAM_TEXT
};

static const struct mirage_rtparam_text_row texts[] = {
#define MIRAGE_RTPARAM(letter, member, dflt, min, max, unit, text)
#define MIRAGE_RTPARAM_TEXT(letter, member, bytes, form, dflt, text) \
	{letter, #member, bytes, form, dflt, text},
#include <mirage/rtparams.def>
#undef MIRAGE_RTPARAM
#undef MIRAGE_RTPARAM_TEXT
};

#define NROWS  (sizeof(rows) / sizeof(rows[0]))
#define NTEXTS (sizeof(texts) / sizeof(texts[0]))

static uint64_t *
value_of(struct mirage_rtparams *p, size_t row)
{
	static const size_t offsets[] = {
#define MIRAGE_RTPARAM(letter, member, dflt, min, max, unit, text) \
	offsetof(struct mirage_rtparams, member),
#define MIRAGE_RTPARAM_TEXT(letter, member, bytes, form, dflt, text)
#include <mirage/rtparams.def>
#undef MIRAGE_RTPARAM
#undef MIRAGE_RTPARAM_TEXT
	};

	return ((uint64_t *)((char *)p + offsets[row]));
}

static char *
text_of(struct mirage_rtparams *p, size_t row)
{
	static const size_t offsets[] = {
#define MIRAGE_RTPARAM(letter, member, dflt, min, max, unit, text)
#define MIRAGE_RTPARAM_TEXT(letter, member, bytes, form, dflt, text) \
	offsetof(struct mirage_rtparams, member),
#include <mirage/rtparams.def>
#undef MIRAGE_RTPARAM
#undef MIRAGE_RTPARAM_TEXT
	};

	return ((char *)p + offsets[row]);
}

const struct mirage_rtparam_row *
mirage_rtparams_table(size_t *n)
{
	*n = NROWS;
	return (rows);
}

const struct mirage_rtparam_text_row *
mirage_rtparams_texts(size_t *n)
{
	*n = NTEXTS;
	return (texts);
}

void
mirage_rtparams_default(struct mirage_rtparams *p)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		*value_of(p, i) = rows[i].dflt;
	for (i = 0; i < NTEXTS; i++)
		text_of(p, i)[0] = '\0';
}

char *
mirage_rtparams_format(uint64_t n, char *buf, size_t len)
{
	static const char suffixes[] = {'k', 'M', 'G'};
	char suffix[2] = "";
	int i;

	for (i = 0; i < 3 && n != 0 && n % 1024 == 0; i++) {
		n /= 1024;
		suffix[0] = suffixes[i];
	}
	snprintf(buf, len, "%llu%s", (unsigned long long)n, suffix);
	return (buf);
}

/* Only as much of a long text as there is room for. */
#define SHOWN	   "%.60s%s"
#define SHOW(text) text, strlen(text) > 60 ? "..." : ""

static bool
refuse(char *error, size_t len, const char *text, size_t position,
    const char *expected)
{
	snprintf(error, len,
	    "rtparams \"" SHOWN "\": position %zu: expected %s", SHOW(text),
	    position, expected);
	return (false);
}

static void
letters(char *buf, size_t len)
{
	size_t i, n;

	n = (size_t)snprintf(buf, len, "one of the letters");
	for (i = 0; i < NROWS && n < len; i++)
		n += (size_t)snprintf(buf + n, len - n, " %c", rows[i].letter);
	for (i = 0; i < NTEXTS && n < len; i++)
		n += (size_t)snprintf(buf + n, len - n, " %c", texts[i].letter);
}

/* What is wrong with a text; NULL: nothing.  *at is where. */
static const char *
bad_text(char letter, const char *value, size_t *at)
{
	const char *bad;
	uint8_t mac[6];

	*at = 0;
	if (letter == 'm')
		return (mirage_rtparams_mac(value, mac) ?
			NULL :
			"the MAC address of one interface, as in "
			"02:00:00:00:00:02");
	bad = mirage_rtparams_bad_interfaces(value);
	if (bad == NULL)
		return (NULL);
	*at = (size_t)(bad - value);
	return ("at most 8 different names of interfaces, joined by +, as in "
		"em0 or em0:steal+mirage0");
}

/*
 * The value at s, up to a comma or the end, which is returned.  NULL: it is
 * refused, *expected says why and *at where.
 */
static const char *
parse_text(struct mirage_rtparams *p, size_t row, const char *s,
    const char **expected, size_t *at)
{
	size_t len = strcspn(s, ",");
	char *value = text_of(p, row);
	char copy[256];

	*at = 0;
	*expected = "a shorter text";
	if (len >= texts[row].bytes || len >= sizeof(copy)) {
		*at = texts[row].bytes - 1;
		return (NULL);
	}
	memcpy(copy, s, len);
	copy[len] = '\0';
	*expected = bad_text(texts[row].letter, copy, at);
	if (*expected != NULL)
		return (NULL);
	memcpy(value, copy, len + 1);
	return (s + len);
}

bool
mirage_rtparams_parse(
    struct mirage_rtparams *params, const char *text, char *error, size_t len)
{
	struct mirage_rtparams p = *params;
	char expected[128], least[24], most[24];
	uint64_t value;
	const char *s = text, *start;
	unsigned shift;
	size_t row;
	bool huge;

	if (*s == '\0')
		return (true);
	for (;;) {
		for (row = 0; row < NTEXTS && texts[row].letter != *s; row++)
			;
		if (row < NTEXTS && *s != '\0') {
			const char *wanted;
			size_t at;

			if (s[1] != '=')
				return (refuse(error, len, text,
				    (size_t)(s + 1 - text),
				    "\"=\" and a text"));
			start = s + 2;
			s = parse_text(&p, row, start, &wanted, &at);
			if (s == NULL)
				return (refuse(error, len, text,
				    (size_t)(start - text) + at, wanted));
			if (*s == '\0')
				break;
			s++;
			continue;
		}
		for (row = 0; row < NROWS && rows[row].letter != *s; row++)
			;
		if (row == NROWS) {
			letters(expected, sizeof(expected));
			return (refuse(
			    error, len, text, (size_t)(s - text), expected));
		}
		s++;
		if (*s != '=')
			return (refuse(error, len, text, (size_t)(s - text),
			    "\"=\" and a number"));
		s++;
		mirage_rtparams_format(rows[row].min, least, sizeof(least));
		mirage_rtparams_format(rows[row].max, most, sizeof(most));
		snprintf(expected, sizeof(expected),
		    "a number from %s to %s (%s)", least, most, rows[row].unit);
		start = s;
		value = 0;
		huge = false;
		for (; *s >= '0' && *s <= '9'; s++) {
			if (value > (UINT64_MAX - 9) / 10)
				huge = true;
			else
				value = value * 10 + (uint64_t)(*s - '0');
		}
		if (s == start)
			return (refuse(
			    error, len, text, (size_t)(s - text), expected));
		shift = *s == 'k' ? 10 : *s == 'M' ? 20 : *s == 'G' ? 30 : 0;
		if (shift != 0)
			s++;
		if (*s != '\0' && *s != ',')
			return (refuse(error, len, text, (size_t)(s - text),
			    shift != 0 ? "\",\" or the end" :
					 "a digit, k, M, G, \",\" or the end"));
		if (huge || value > UINT64_MAX >> shift ||
		    value << shift < rows[row].min ||
		    value << shift > rows[row].max)
			return (refuse(error, len, text, (size_t)(start - text),
			    expected));
		*value_of(&p, row) = value << shift;
		if (*s == '\0')
			break;
		s++;
	}
	*params = p;
	return (true);
}
