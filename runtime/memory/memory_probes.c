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
	return ((struct value) {.kind = TEXT, .text = text});
}

static struct value
of_address(const void *address)
{
	(void)address;
	return ((struct value) {.kind = ADDRESS});
}

#define VALUE(a)                      \
	_Generic((a),                 \
	    const char *: of_text,    \
	    const void *: of_address, \
	    default: of_number)(a)

#define MIRAGE_PROBE1(name, since, when, t0, a0, d0)       \
	volatile uint32_t mirage_probe_##name##_enabled;   \
	void mirage_probe_##name(t0 a0)                    \
	{                                                  \
		const struct value values[] = {VALUE(a0)}; \
                                                           \
		fired(#name, values, 1);                   \
	}
#define MIRAGE_PROBE2(name, since, when, t0, a0, d0, t1, a1, d1)      \
	volatile uint32_t mirage_probe_##name##_enabled;              \
	void mirage_probe_##name(t0 a0, t1 a1)                        \
	{                                                             \
		const struct value values[] = {VALUE(a0), VALUE(a1)}; \
                                                                      \
		fired(#name, values, 2);                              \
	}
#define MIRAGE_PROBE3(name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2) \
	volatile uint32_t mirage_probe_##name##_enabled;                     \
	void mirage_probe_##name(t0 a0, t1 a1, t2 a2)                        \
	{                                                                    \
		const struct value values[] = {                              \
		    VALUE(a0), VALUE(a1), VALUE(a2)};                        \
                                                                             \
		fired(#name, values, 3);                                     \
	}
#define MIRAGE_PROBE4(                                                 \
    name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2, t3, a3, d3) \
	volatile uint32_t mirage_probe_##name##_enabled;               \
	void mirage_probe_##name(t0 a0, t1 a1, t2 a2, t3 a3)           \
	{                                                              \
		const struct value values[] = {                        \
		    VALUE(a0), VALUE(a1), VALUE(a2), VALUE(a3)};       \
                                                                       \
		fired(#name, values, 4);                               \
	}
#include "../../dtrace/probes.def"
#undef MIRAGE_PROBE1
#undef MIRAGE_PROBE2
#undef MIRAGE_PROBE3
#undef MIRAGE_PROBE4

/* Once on, they stay on: who records nothing is not disturbed. */
static void
enable(void)
{
#define MIRAGE_PROBE1(name, ...) mirage_probe_##name##_enabled = 1;
#define MIRAGE_PROBE2		 MIRAGE_PROBE1
#define MIRAGE_PROBE3		 MIRAGE_PROBE1
#define MIRAGE_PROBE4		 MIRAGE_PROBE1
#include "../../dtrace/probes.def"
}

void
memory_probes_record(struct memory_record *r)
{
	record = r;
	if (r != NULL)
		enable();
}
