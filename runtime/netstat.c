/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the program is doing on its networks, as text for people.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "instance.h"
#include "wasm/host.h"

/* Room that stays for what is said at the end. */
#define END_BYTES 80

struct mirage_netstat {
	char *text;
	size_t len, size;
	bool full; /* lines were left out */
};

static void
add(struct mirage_netstat *n, const char *line, size_t len)
{
	if (n->len + len + 1 + END_BYTES > n->size) {
		n->full = true;
		return;
	}
	memcpy(n->text + n->len, line, len);
	n->len += len;
	n->text[n->len++] = '\n';
}

static void __attribute__((format(printf, 2, 3)))
say(struct mirage_netstat *n, const char *format, ...)
{
	char line[160];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (len > 0)
		add(n, line,
		    (size_t)len < sizeof(line) ? (size_t)len :
						 sizeof(line) - 1);
}

void
mirage_netstat_line(struct mirage_instance *inst, const char *line, size_t len)
{
	if (inst->netstat != NULL)
		add(inst->netstat, line, len);
}

static void
interfaces(struct mirage_instance *inst, struct mirage_netstat *n)
{
	unsigned i;

	if (inst->nnetifs == 0)
		return;
	say(n, "Interfaces");
	say(n, "%3s %-16s %-17s %6s %7s", "No", "Name", "MAC", "MTU",
	    "Longest");
	for (i = 0; i < inst->nnetifs; i++) {
		const struct mirage_netif_info *f = &inst->netifs[i];

		say(n, "%3u %-16s %02x:%02x:%02x:%02x:%02x:%02x %6lu %7lu", i,
		    f->name, f->mac[0], f->mac[1], f->mac[2], f->mac[3],
		    f->mac[4], f->mac[5], (unsigned long)f->mtu,
		    (unsigned long)(f->segment_max != 0 ? f->segment_max :
							  f->mtu + 14));
	}
}

/* Each call into frame code has a budget of its own, as all callbacks have. */
static void
frame_code(struct mirage_instance *inst, struct mirage_netstat *n)
{
	uint32_t section, from, next;
	unsigned i;

	for (i = 0;; i++)
		for (section = 0;; section++) {
			from = 0;
			do {
				mirage_engine_turn(inst);
				if (!mirage_frame_code_report(
					inst, i, section, from, &next))
					return;
				if (next == MIRAGE_REPORT_END || next <= from ||
				    n->full)
					break;
				from = next;
			} while (true);
			if (next == MIRAGE_REPORT_END)
				break;
		}
}

static void
counters(struct mirage_instance *inst, struct mirage_netstat *n)
{
	const char *name;
	uint64_t value;
	unsigned i;

	say(n, "Counters");
	for (i = 0; mirage_stats_get(inst, i, &name, &value); i++)
		if (value != 0)
			say(n, "%-40s %20llu", name, (unsigned long long)value);
}

void
mirage_netstat(struct mirage_instance *inst, char *text, size_t size)
{
	struct mirage_netstat n = {.text = text, .size = size};

	inst->netstat = &n;
	interfaces(inst, &n);
	frame_code(inst, &n);
	inst->netstat = NULL;
	counters(inst, &n);
	if (n.full)
		n.len += (size_t)snprintf(n.text + n.len, n.size - n.len,
		    "There is more than these %lu bytes hold.\n",
		    (unsigned long)n.size);
	mirage_platform_netstat_done(inst->platform, n.len);
}
