/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes of the platform in memory: written down, where a test asks for that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mirage/probes.h>

#include "memory_platform.h"

struct value {
	enum { NUMBER, TEXT, ADDRESS } kind;
	uint64_t number;
	const char *text;
};

/* What runs on other threads is no part of a record. */
static _Thread_local struct memory_record *record;

static void
append(struct memory_record *r, char c)
{
	char *text;

	if (r->len + 2 > r->room) {
		text = realloc(r->text, r->room == 0 ? 4096 : 2 * r->room);
		if (text == NULL)
			abort();
		r->room = r->room == 0 ? 4096 : 2 * r->room;
		r->text = text;
	}
	r->text[r->len++] = c;
	r->text[r->len] = '\0';
}

static void
append_text(struct memory_record *r, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\n') {
			append(r, '\\');
			append(r, 'n');
		} else
			append(r, text[i]);
	}
}

static void
fired(const char *name, const struct value *values, unsigned n)
{
	struct memory_record *r = record;
	/* Of this one the next argument is the length. */
	bool counted = strcmp(name, "console") == 0;
	char number[24];
	unsigned i;

	if (r == NULL)
		return;
	for (; *name != '\0'; name++) {
		if (name[0] == '_' && name[1] == '_')
			name++;
		append(r, *name == '_' ? '-' : *name);
	}
	for (i = 0; i < n; i++) {
		append(r, '\t');
		switch (values[i].kind) {
		case NUMBER:
			snprintf(number, sizeof(number), "%llu",
			    (unsigned long long)values[i].number);
			append_text(r, number, strlen(number));
			break;
		case TEXT:
			append_text(r, values[i].text,
			    counted ? values[i + 1].number :
				      strlen(values[i].text));
			break;
		case ADDRESS:
			append(r, '@');
			break;
		}
	}
	append(r, '\n');
}

static struct value
of_number(uint64_t number)
{
	return ((struct value) {.kind = NUMBER, .number = number});
}

static struct value
of_text(const char *text)
{
	if (text == NULL)
		text = "NULL";
	return ((struct value) {.kind = TEXT, .text = text});
}

static struct value
of_address(const void *address)
{
	if (address == NULL)
		return (of_text("NULL"));
	return ((struct value) {.kind = ADDRESS});
}

static struct value
of_connection(const struct mirage_probe_tcp *c)
{
	static _Thread_local char text[64];

	if (c == NULL)
		return (of_address(c));
	snprintf(text, sizeof(text), "state %d ports %u %u", (int)c->state,
	    (unsigned)c->local_port, (unsigned)c->remote_port);
	return (of_text(text));
}

static struct value
of_flow(const struct mirage_probe_flow *flow)
{
	return (of_number((uintptr_t)flow));
}

static struct value
of_socket(const struct mirage_probe_udp *u)
{
	static _Thread_local char text[64];

	snprintf(text, sizeof(text), "ports %u %u", (unsigned)u->local_port,
	    (unsigned)u->remote_port);
	return (of_text(text));
}

static struct value
of_netif(const struct mirage_probe_netif *netif)
{
	return (of_text(netif->name));
}

#define VALUE(type, name, ...)                        \
	_Generic((name),                              \
	    const char *: of_text,                    \
	    const void *: of_address,                 \
	    void *: of_address,                       \
	    uint8_t *: of_address,                    \
	    struct ip *: of_address,                  \
	    struct ip6_hdr *: of_address,             \
	    struct tcphdr *: of_address,              \
	    struct udphdr *: of_address,              \
	    struct mirage_probe_netif *: of_netif,    \
	    struct mirage_probe_flow *: of_flow,      \
	    struct mirage_probe_udp *: of_socket,     \
	    struct mirage_probe_tcp *: of_connection, \
	    default: of_number)(name)

#define MIRAGE_PROBE_ROW(name, family, since, where, when, ...)        \
	volatile uint32_t mirage_probe_##name##_enabled;               \
	void mirage_probe_##name(MIRAGE_PROBE_PARAMETERS(__VA_ARGS__)) \
	{                                                              \
		const struct value values[] = {                        \
		    MIRAGE_PROBE_EACH(VALUE, __VA_ARGS__)};            \
                                                                       \
		fired(#name, values, MIRAGE_PROBE_COUNT(__VA_ARGS__)); \
	}
#include "../../dtrace/probes.def"
#undef MIRAGE_PROBE_ROW

/* Once on, they stay on: who records nothing is not disturbed. */
static void
enable(void)
{
#define MIRAGE_PROBE_ROW(name, ...) mirage_probe_##name##_enabled = 1;
#include "../../dtrace/probes.def"
}

void
memory_probes_record(struct memory_record *r)
{
	record = r;
	if (r != NULL)
		enable();
}
