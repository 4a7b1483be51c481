/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the next start of the program uses, as text: sysctls that are loader
 * tunables too.  One table says what there is.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/sysctl.h>
#include <sys/syslog.h>

#define REFUSALS 10 /* messages in a second */

static void
say(int priority, const char *what, const char *name, const char *why)
{
	char text[WHY_BYTES + 64];
	int n;

	n = snprintf(text, sizeof(text), "%s%s: %s", what, name, why);
	message(priority, text, MIN((size_t)n, sizeof(text) - 1));
}

void
control_refuse(struct mirage_platform *p, const char *name, const char *why)
{
	if (ppsratecheck(&p->refusal_last, &p->refusals, REFUSALS) != 0)
		say(LOG_NOTICE, "kern.mirage.", name, why);
}

/* These say whether a text is good; set() keeps it. */
static bool
check_rtparams(
    struct mirage_platform *p, const char *text, char *why, size_t len)
{
	struct mirage_rtparams params;

	kmod_rtparams_default(&params);
	if (!mirage_rtparams_parse(&params, text, why, len))
		return (false);
	mtx_lock(&p->lock);
	p->params = params;
	mtx_unlock(&p->lock);
	return (true);
}

/* A decimal number of at most max; NULL if there is none. */
static const char *
read_number(const char *at, unsigned max, unsigned *value)
{
	unsigned digits = 0;

	for (*value = 0; *at >= '0' && *at <= '9' && digits < 4; at++, digits++)
		*value = *value * 10 + (unsigned)(*at - '0');
	return (digits > 0 && *value <= max ? at : NULL);
}

static const char *
read_address(const char *at, uint32_t *address)
{
	unsigned byte;
	int i;

	*address = 0;
	for (i = 0; i < 4 && at != NULL; i++) {
		if (i > 0 && *at++ != '.')
			return (NULL);
		at = read_number(at, 255, &byte);
		*address = *address << 8 | byte;
	}
	return (at);
}

/* RFC 1122, 3.2.1.3.  The network stack would only say so at the start. */
static bool
is_of_a_host(uint32_t address)
{
	unsigned first = address >> 24;

	return (first != 0 && first != 127 && first < 224);
}

/* Empty: the program has none. */
static bool
check_ipv4(struct mirage_platform *p, const char *text, char *why, size_t len)
{
	const char *at;
	uint32_t address, mask;
	unsigned prefix = 0;

	if (*text == '\0')
		return (true);
	at = read_address(text, &address);
	if (at != NULL)
		at = *at == '/' ? read_number(at + 1, 32, &prefix) : NULL;
	if (at == NULL || *at != '\0' || prefix == 0) {
		snprintf(why, len,
		    "\"%s\" is not an address with its prefix, as 10.0.0.2/24",
		    text);
		return (false);
	}
	mask = UINT32_MAX << (32 - prefix);
	if (!is_of_a_host(address) ||
	    (prefix < 31 &&
		((address & ~mask) == 0 || (address | mask) == UINT32_MAX))) {
		snprintf(why, len,
		    "\"%s\" is not the address of a host in that network, "
		    "as 10.0.0.2/24",
		    text);
		return (false);
	}
	return (true);
}

/* The start says whether it is in the network of ipv4, which may change yet. */
static bool
check_gateway(
    struct mirage_platform *p, const char *text, char *why, size_t len)
{
	const char *at;
	uint32_t address;

	if (*text == '\0')
		return (true);
	at = read_address(text, &address);
	if (at == NULL || *at != '\0' || !is_of_a_host(address)) {
		snprintf(why, len,
		    "\"%s\" is not an address of a router, as 10.0.0.1", text);
		return (false);
	}
	return (true);
}

/* The end of an IPv6 address (RFC 4291, 2.2, without dotted quads); or NULL. */
static const char *
read_address6(const char *at)
{
	unsigned groups = 0, digits;
	bool gap = false;

	if (at[0] == ':' && at[1] == ':') {
		gap = true;
		at += 2;
	}
	for (; groups < 8; groups++) {
		for (digits = 0; digits < 5; digits++, at++)
			if (!(*at >= '0' && *at <= '9') &&
			    !(*at >= 'a' && *at <= 'f') &&
			    !(*at >= 'A' && *at <= 'F'))
				break;
		if (digits == 0 && at[-1] == ':' && gap && at[-2] == ':')
			break;
		if (digits == 0 || digits > 4)
			return (NULL);
		if (*at != ':' || groups == 7) {
			groups++;
			break;
		}
		if (at[1] == ':') {
			if (gap)
				return (NULL);
			gap = true;
			at++;
		}
		at++;
	}
	return (gap ? (groups < 8 ? at : NULL) : (groups == 8 ? at : NULL));
}

/* Whose address it is is checked by the start. */
static bool
check_ipv6(struct mirage_platform *p, const char *text, char *why, size_t len)
{
	const char *at;
	unsigned prefix = 0;

	if (*text == '\0' || strcmp(text, "auto") == 0 ||
	    strcmp(text, "off") == 0)
		return (true);
	at = read_address6(text);
	if (at != NULL)
		at = *at == '/' ? read_number(at + 1, 128, &prefix) : NULL;
	if (at == NULL || *at != '\0' || prefix == 0) {
		snprintf(why, len,
		    "\"%s\" is neither auto, off, nor an address with its "
		    "prefix, as 2001:db8::2/64",
		    text);
		return (false);
	}
	return (true);
}

static bool
check_gateway6(
    struct mirage_platform *p, const char *text, char *why, size_t len)
{
	const char *at;

	if (*text == '\0')
		return (true);
	at = read_address6(text);
	if (at == NULL || *at != '\0') {
		snprintf(why, len,
		    "\"%s\" is not an IPv6 address of a router, as fe80::1",
		    text);
		return (false);
	}
	return (true);
}

#define MEMBER(member)                              \
	__offsetof(struct mirage_platform, member), \
	    sizeof(((struct mirage_platform *)NULL)->member)

static const struct {
	const char *name;
	const char *help;
	size_t offset; /* of the text that is kept */
	size_t size;
	bool (*check)(
	    struct mirage_platform *, const char *text, char *why, size_t len);
} settings[] = {
    {"rtparams",
	"Budgets and interfaces of the next start: letter=value, comma "
	"separated",
	MEMBER(rtparams), check_rtparams},
    {"ipv4", "IPv4 address and prefix of the program's next start",
	MEMBER(ipv4), check_ipv4},
    {"gateway", "IPv4 router of the program's next start", MEMBER(gateway),
	check_gateway},
    {"ipv6",
	"IPv6 of the program's next start: auto, off, or address and prefix",
	MEMBER(ipv6), check_ipv6},
    {"gateway6", "IPv6 router of the program's next start", MEMBER(gateway6),
	check_gateway6},
    {"args", "Words for the program's next start", MEMBER(args),
	arguments_check},
};

static char *
kept(struct mirage_platform *p, unsigned i)
{
	return ((char *)p + settings[i].offset);
}

static bool
set(struct mirage_platform *p, unsigned i, const char *text, char *why,
    size_t len)
{
	if (strlen(text) >= settings[i].size) {
		snprintf(
		    why, len, "more than %zu characters", settings[i].size - 1);
		return (false);
	}
	if (!settings[i].check(p, text, why, len))
		return (false);
	/* So that readers need not wait while a stop is awaited. */
	mtx_lock(&p->lock);
	strlcpy(kept(p, i), text, settings[i].size);
	mtx_unlock(&p->lock);
	return (true);
}

void
settings_fetch(struct mirage_platform *p)
{
	char full[48], why[WHY_BYTES], *text;
	unsigned i;

	for (i = 0; i < nitems(settings); i++) {
		snprintf(
		    full, sizeof(full), "kern.mirage.%s", settings[i].name);
		text = mrg_getenv(full);
		if (text != NULL && !set(p, i, text, why, sizeof(why)))
			say(LOG_WARNING, "tunable kern.mirage.",
			    settings[i].name, why);
		freeenv(text);
	}
	text = mrg_getenv("kern.mirage.autostart");
	if (text == NULL || strcmp(text, "0") == 0)
		p->autostart = 0;
	else if (strcmp(text, "1") == 0)
		p->autostart = 1;
	else
		say(LOG_WARNING, "tunable kern.mirage.", "autostart",
		    "neither 0 nor 1");
	freeenv(text);
}

/* arg2: which one. */
static int
sysctl_setting(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	unsigned i = (unsigned)arg2;
	char text[SETTING_BYTES], why[WHY_BYTES] = "";
	bool good = false;
	int error;

	mtx_lock(&p->lock);
	strlcpy(text, kept(p, i), sizeof(text));
	mtx_unlock(&p->lock);
	/* The kernel refuses what is too long too, but says nothing. */
	if (req->newptr != NULL &&
	    req->newlen - req->newidx >= settings[i].size) {
		snprintf(why, sizeof(why), "more than %zu characters",
		    settings[i].size - 1);
	} else {
		error =
		    sysctl_handle_string(oidp, text, (int)sizeof(text), req);
		if (error != 0 || req->newptr == NULL)
			return (error);
		sx_xlock(&p->control);
		good = set(p, i, text, why, sizeof(why));
		sx_xunlock(&p->control);
	}
	if (!good)
		control_refuse(p, settings[i].name, why);
	return (good ? 0 : EINVAL);
}

int
settings_create(struct mirage_platform *p, struct sysctl_ctx_list *context,
    struct sysctl_oid_list *under)
{
	unsigned i;

	for (i = 0; i < nitems(settings); i++)
		if (SYSCTL_ADD_PROC(context, under, OID_AUTO, settings[i].name,
			CTLTYPE_STRING | CONTROL_WRITABLE | CONTROL_TUNABLE |
			    CTLFLAG_MPSAFE,
			p, i, sysctl_setting, "A", settings[i].help) == NULL)
			return (ENOMEM);
	if (SYSCTL_ADD_INT(context, under, OID_AUTO, "autostart",
		CTLFLAG_RD | CONTROL_TUNABLE | CTLFLAG_MPSAFE, &p->autostart, 0,
		"1: the program was started when the module was loaded") ==
	    NULL)
		return (ENOMEM);
	return (0);
}
