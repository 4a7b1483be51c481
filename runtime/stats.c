/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Statistics by name.
 */
#include <stdio.h>
#include <string.h>

#include "heap.h"
#include "instance.h"

static const struct {
	const char *name;
	const char *help;
	size_t offset;
} fixed[] = {
#define ROW(member, name, help) \
	{name, help, offsetof(struct mirage_stats, member)},
    MIRAGE_STATS(ROW)
#undef ROW
};

#define NFIXED (sizeof(fixed) / sizeof(fixed[0]))

static const struct {
	const char *name;
	const char *help;
} drops[MIRAGE_DROP_REASONS] = {
    [MIRAGE_DROP_TRUNCATED] = {"drop.truncated",
	"received frames that came cut off"},
    [MIRAGE_DROP_RUNT] = {"drop.runt",
	"received frames shorter than an Ethernet header"},
    [MIRAGE_DROP_OVERSIZE] = {"drop.oversize",
	"received frames longer than the MTU allows"},
    [MIRAGE_DROP_QUEUE_FULL] = {"drop.queue-full",
	"received frames that found the program's queue full"},
    [MIRAGE_DROP_NO_BUFFERS] = {"drop.no-buffers",
	"received frames for which there was no memory"},
};

const char *
mirage_drop_name(enum mirage_drop reason)
{
	return (drops[reason].name + sizeof("drop.") - 1);
}

bool
mirage_stats_describe(unsigned i, const char **name, const char **help)
{
	if (i < NFIXED) {
		*name = fixed[i].name;
		*help = fixed[i].help;
		return (true);
	}
	i -= NFIXED;
	if (i < MIRAGE_DROP_REASONS) {
		*name = drops[i].name;
		*help = drops[i].help;
		return (true);
	}
	return (false);
}

/* What the platform adds to a counter. */
static uint64_t
platform_copies(const struct mirage_instance *inst, size_t offset)
{
	uint64_t copies, bytes;

	if (offset != offsetof(struct mirage_stats, copies) &&
	    offset != offsetof(struct mirage_stats, bytes_copied))
		return (0);
	copies = mirage_platform_copies(inst->platform, &bytes);
	return (
	    offset == offsetof(struct mirage_stats, copies) ? copies : bytes);
}

bool
mirage_stats_get(const struct mirage_instance *inst, unsigned i,
    const char **name, uint64_t *value)
{
	const struct mirage_stats *s = &inst->stats;
	unsigned n;

	if (i < NFIXED) {
		*name = fixed[i].name;
		memcpy(
		    value, (const char *)s + fixed[i].offset, sizeof(*value));
		*value += platform_copies(inst, fixed[i].offset);
		return (true);
	}
	i -= NFIXED;
	if (i < MIRAGE_DROP_REASONS) {
		*name = drops[i].name;
		*value = 0;
		for (n = 0; n < inst->nnetifs; n++)
			*value += mirage_platform_drops(
			    inst->platform, n, (enum mirage_drop)i);
		return (true);
	}
	i -= MIRAGE_DROP_REASONS;
	if (i < s->ndefined) {
		*name = s->defined[i].name;
		*value = s->defined[i].value;
		return (true);
	}
	return (false);
}

/* FNV-1a. */
static uint32_t
hash(const char *name)
{
	uint32_t h = 0x811c9dc5;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x01000193;
	return (h);
}

uint32_t
mirage_stats_define(struct mirage_stats *s, const char *name)
{
	size_t len = strlen(name);
	uint32_t at = hash(name) % MIRAGE_STATS_HASH, i;

	for (; s->by_name[at] != 0; at = (at + 1) % MIRAGE_STATS_HASH) {
		i = s->by_name[at] - 1u;
		if (strcmp(s->defined[i].name, name) == 0)
			return (i);
	}
	i = s->ndefined;
	if (i == MIRAGE_STATS_DEFINED || len == 0 ||
	    len >= MIRAGE_STATS_NAME_BYTES)
		return (UINT32_MAX);
	s->by_name[at] = (uint16_t)(i + 1);
	memcpy(s->defined[i].name, name, len + 1);
	s->defined[i].value = 0;
	s->ndefined = i + 1;
	return (i);
}

/* Said even when it is 0: what a reader looks for. */
static bool
always(const char *name)
{
	return (strncmp(name, "drop.", 5) != 0);
}

void
mirage_stats_print(struct mirage_instance *inst)
{
	char line[128];
	const char *name;
	uint64_t value;
	unsigned i, width = 0;
	int n;

	for (i = 0; mirage_stats_get(inst, i, &name, &value); i++)
		if ((value != 0 || always(name)) && strlen(name) > width)
			width = (unsigned)strlen(name);
	n = snprintf(line, sizeof(line), "mirage: statistics of %s",
	    inst->program->name);
	mirage_platform_console(
	    inst->platform, MIRAGE_CONSOLE_ERROR, line, (size_t)n);
	for (i = 0; mirage_stats_get(inst, i, &name, &value); i++) {
		if (value == 0 && !always(name))
			continue;
		n = snprintf(line, sizeof(line), "  %-*s %12llu", (int)width,
		    name, (unsigned long long)value);
		mirage_platform_console(
		    inst->platform, MIRAGE_CONSOLE_ERROR, line, (size_t)n);
	}
}
