/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * sdt(4): probes of the module, and what they have fired.
 */
#include "kernel.h"

#include <sys/sdt.h>

volatile bool sdt_probes_enabled;
static bool tracing;
static struct sdt_probe *const *probes, *const *probes_end;
static struct text fired;

/* Of each probe, so that those that fire all the time hide no other. */
#define FIRED_MAX 256

static void
set_ids(void)
{
	struct sdt_probe *const *p;
	uint32_t id = 1;

	for (p = probes; p < probes_end; p++)
		(*p)->id = tracing ? id++ : 0;
	sdt_probes_enabled = tracing;
}

void
probes_loaded(const void *const *start, const void *const *end)
{
	probes = (struct sdt_probe *const *)(uintptr_t)start;
	probes_end = (struct sdt_probe *const *)(uintptr_t)end;
	set_ids();
}

/* What sdt(4) does when it hears that a module is to go. */
void
probes_gone(void)
{
	struct sdt_probe *const *p;

	for (p = probes; p < probes_end; p++)
		(*p)->id = 0;
	probes = probes_end = NULL;
}

void
probes_trace(bool on)
{
	tracing = on;
	set_ids();
}

void
kpi_sdt_fire(struct sdt_probe *probe, const uintptr_t *args)
{
	int i;

	big_lock();
	if (probe->fired++ < FIRED_MAX) {
		text_printf(&fired, "%s{\"probe\":\"%s\",\"args\":[",
		    fired.len == 0 ? "" : ",", probe->name);
		for (i = 0; i < probe->n_args; i++) {
			text_printf(&fired, "%s", i == 0 ? "" : ",");
			if (strings_equal(probe->types[i], "const char *") &&
			    args[i] != 0)
				text_string(&fired, (const char *)args[i]);
			else
				text_printf(
				    &fired, "\"%ju\"", (uintmax_t)args[i]);
		}
		text_printf(&fired, "]}");
	}
	big_unlock();
}

void
probes_take(struct text *t)
{
	struct sdt_probe *const *p;

	big_lock();
	text_printf(t, "[%s]", fired.len == 0 ? "" : fired.at);
	text_free(&fired);
	for (p = probes; p < probes_end; p++)
		(*p)->fired = 0;
	big_unlock();
}

void
probes_list(struct text *t)
{
	struct sdt_probe *const *p;
	int i;

	text_printf(t, "[");
	for (p = probes; p < probes_end; p++) {
		text_printf(t,
		    "%s{\"probe\":\"%s\",\"provider\":\"%s\",\"types\":[",
		    p == probes ? "" : ",", (*p)->name, (*p)->prov->name);
		for (i = 0; i < (*p)->n_args; i++) {
			text_printf(t, "%s", i == 0 ? "" : ",");
			text_string(t, (*p)->types[i]);
		}
		text_printf(t, "]}");
	}
	text_printf(t, "]");
}
