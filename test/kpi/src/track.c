/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Violations, things that have to be given back, and faults.
 */
#include "kernel.h"

struct host_mutex *big;
struct host_cond *changed;

__attribute__((constructor)) static void
start(void)
{
	big = host_mutex_new();
	changed = host_cond_new();
}

void
big_lock(void)
{
	host_mutex_lock(big);
}

void
big_unlock(void)
{
	host_mutex_unlock(big);
}

static const char *
base_name(const char *file)
{
	const char *at, *base = file;

	for (at = file; *at != '\0'; at++)
		if (*at == '/')
			base = at + 1;
	return (base);
}

const char *
place_text(const struct kpi_place *place)
{
	static __thread char texts[8][160];
	static __thread unsigned next;
	char *text = texts[next++ % 8];

	if (place == NULL)
		return ("an unknown place");
	snprintf(text, sizeof(texts[0]), "%s (%s:%d)", place->function,
	    base_name(place->file), place->line);
	return (text);
}

static bool
place_same(const struct kpi_place *a, const struct kpi_place *b)
{
	return (a == b ||
	    (a != NULL && b != NULL && a->line == b->line &&
		strings_equal(a->file, b->file) &&
		strings_equal(a->function, b->function)));
}

const struct kpi_place *
place_kept(const struct kpi_place *place)
{
	static struct kept {
		struct kpi_place place;
		struct kept *next;
	} *all;
	struct kept *k;

	if (place == NULL)
		return (NULL);
	for (k = all; k != NULL; k = k->next)
		if (place_same(&k->place, place))
			return (&k->place);
	k = host_alloc(sizeof(*k));
	k->place.file = copy_string(place->file);
	k->place.function = copy_string(place->function);
	k->place.line = place->line;
	k->next = all;
	all = k;
	return (&k->place);
}

void
kpi_at(const struct kpi_place *place)
{
	self()->place = place;
}

const struct kpi_place *
here(void)
{
	return (self()->place);
}

#define VIOLATIONS_MAX 64
static struct host_mutex *violations_mutex;
static char *violations[VIOLATIONS_MAX];
static unsigned nviolations;

__attribute__((constructor)) static void
start_violations(void)
{
	violations_mutex = host_mutex_new();
}

/* With or without the big lock. */
void
violation(const char *format, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, format);
	host_format(line, sizeof(line), format, ap);
	va_end(ap);
	host_mutex_lock(violations_mutex);
	if (nviolations < VIOLATIONS_MAX)
		violations[nviolations] = copy_string(line);
	nviolations++;
	host_mutex_unlock(violations_mutex);
}

unsigned
violations_count(void)
{
	unsigned n;

	host_mutex_lock(violations_mutex);
	n = nviolations;
	host_mutex_unlock(violations_mutex);
	return (n);
}

void
violations_take(struct text *t)
{
	unsigned i;

	host_mutex_lock(violations_mutex);
	text_printf(t, "[");
	for (i = 0; i < nviolations && i < VIOLATIONS_MAX; i++) {
		text_printf(t, "%s", i == 0 ? "" : ",");
		text_string(t, violations[i]);
		host_free(violations[i]);
	}
	text_printf(t, "]");
	nviolations = 0;
	host_mutex_unlock(violations_mutex);
}

void
kpi_assert_failed(const struct kpi_place *place, const char *format, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, format);
	host_format(line, sizeof(line), format, ap);
	va_end(ap);
	violation("assertion failed in %s: %s", place_text(place), line);
}

void
panic(const char *format, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, format);
	host_format(line, sizeof(line), format, ap);
	va_end(ap);
	host_die(line);
}

/* Things. */
const char *const kind_names[KINDS] = {
    [KIND_MALLOC] = "malloc",
    [KIND_ZONE] = "zone",
    [KIND_ITEM] = "zone item",
    [KIND_MBUF] = "mbuf",
    [KIND_CLUSTER] = "mbuf cluster",
    [KIND_TAG] = "mbuf tag",
    [KIND_IFNET] = "interface",
    [KIND_CLONER] = "cloner",
    [KIND_SYSCTL] = "sysctl",
    [KIND_THREAD] = "thread",
    [KIND_EVENTHANDLER] = "event handler",
    [KIND_COUNTER] = "counter",
    [KIND_LOCK] = "lock",
    [KIND_MEDIA] = "medium",
    [KIND_SBUF] = "sbuf",
    [KIND_NODE] = "netgraph node",
    [KIND_HOOK] = "netgraph hook",
    [KIND_NODE_TYPE] = "netgraph type",
    [KIND_NG_ITEM] = "netgraph item",
    [KIND_NG_MESSAGE] = "netgraph message",
    [KIND_CALLBACK] = "epoch callback",
};

#define BUCKETS 4096
static struct thing *things[BUCKETS];
static size_t counts[KINDS];

/* Those that are gone, to say where that was. */
#define GONE 1024
static struct {
	const void *p;
	enum kind kind;
	const struct kpi_place *place;
} gone[GONE];
static unsigned ngone;

static struct thing **
bucket(const void *p)
{
	return (&things[((uintptr_t)p >> 4) * 0x9e3779b97f4a7c15 >> 52]);
}

void
thing_made(enum kind kind, const void *p, const char *name, size_t size)
{
	struct thing *t = host_alloc(sizeof(*t));

	t->p = p;
	t->kind = kind;
	t->name = name;
	t->size = size;
	t->place = here();
	big_lock();
	t->next = *bucket(p);
	*bucket(p) = t;
	counts[kind]++;
	big_unlock();
}

static struct thing **
find(enum kind kind, const void *p)
{
	struct thing **t;

	for (t = bucket(p); *t != NULL; t = &(*t)->next)
		if ((*t)->p == p && (*t)->kind == kind)
			return (t);
	return (NULL);
}

bool
thing_is(enum kind kind, const void *p)
{
	bool is;

	big_lock();
	is = find(kind, p) != NULL;
	big_unlock();
	return (is);
}

bool
thing_gone(enum kind kind, const void *p, const char *what, struct thing *was)
{
	const struct kpi_place *before = NULL;
	struct thing **at, *t = NULL;
	unsigned i;

	big_lock();
	at = find(kind, p);
	if (at != NULL) {
		t = *at;
		*at = t->next;
		counts[kind]--;
		gone[ngone % GONE].p = p;
		gone[ngone % GONE].kind = kind;
		gone[ngone++ % GONE].place = here();
	} else {
		for (i = 0; i < GONE; i++)
			if (gone[i].p == p && gone[i].kind == kind)
				before = gone[i].place;
	}
	big_unlock();
	if (t == NULL) {
		if (before != NULL)
			violation("%s in %s of a %s that was freed in %s", what,
			    place_text(here()), kind_names[kind],
			    place_text(before));
		else
			violation("%s in %s of what is no %s", what,
			    place_text(here()), kind_names[kind]);
		return (false);
	}
	if (was != NULL)
		*was = *t;
	host_free(t);
	return (true);
}

size_t
things_count(enum kind kind)
{
	size_t n;

	big_lock();
	n = counts[kind];
	big_unlock();
	return (n);
}

void
things_show(struct text *text)
{
	bool first = true;
	struct thing *t;
	size_t i;

	big_lock();
	text_printf(text, "[");
	for (i = 0; i < BUCKETS; i++)
		for (t = things[i]; t != NULL; t = t->next) {
			text_printf(text,
			    "%s{\"kind\":\"%s\",\"name\":", first ? "" : ",",
			    kind_names[t->kind]);
			text_string(text, t->name == NULL ? "" : t->name);
			text_printf(text, ",\"bytes\":%zu,\"made\":", t->size);
			text_string(text, place_text(t->place));
			text_printf(text, "}");
			first = false;
		}
	text_printf(text, "]");
	big_unlock();
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#define POISON	0xde
#define RETIRED 512

/* A sanitizer knows more of freed memory than this does. */
void
memory_retire(void *p, size_t size)
{
#ifdef SANITIZED
	memset(p, POISON, size);
	host_free(p);
#else
	struct block {
		uint8_t *p;
		size_t size;
	};
	static struct block retired[RETIRED];
	static unsigned next;
	struct block old;
	size_t i;

	memset(p, POISON, size);
	big_lock();
	old = retired[next % RETIRED];
	retired[next % RETIRED].p = p;
	retired[next++ % RETIRED].size = size;
	big_unlock();
	for (i = 0; i < old.size; i++)
		if (old.p[i] != POISON) {
			violation("memory was written to after it was freed: "
				  "byte %zu of %zu",
			    i, old.size);
			break;
		}
	host_free(old.p);
#endif
}

/* Faults. */
#define CALLS 256
static struct {
	const char *call;
	const struct kpi_place *place;
	uint64_t times, failed;
} calls[CALLS];
static unsigned ncalls;
static uint64_t fault_nth, fault_seen;
static bool fault_armed, fault_fired;
static const char *fault_call;
static const struct kpi_place *fault_place;

bool
fault(const char *call)
{
	const struct kpi_place *place = here();
	bool fail = false;
	unsigned i;

	big_lock();
	for (i = 0; i < ncalls; i++)
		if (strings_equal(calls[i].call, call) &&
		    place_same(calls[i].place, place))
			break;
	if (i == ncalls && ncalls < CALLS) {
		ncalls++;
		calls[i].call = call;
		calls[i].place = place;
	}
	if (fault_armed) {
		if (i < CALLS)
			calls[i].times++;
		if (++fault_seen == fault_nth) {
			fail = fault_fired = true;
			fault_call = call;
			fault_place = place;
			if (i < CALLS)
				calls[i].failed++;
		}
	}
	big_unlock();
	return (fail);
}

void
fault_arm(uint64_t nth)
{
	big_lock();
	fault_nth = nth;
	fault_seen = 0;
	fault_armed = true;
	fault_fired = false;
	big_unlock();
}

void
fault_disarm(struct text *t)
{
	char call[64] = "", place[160] = "";
	uint64_t seen;
	bool fired;

	big_lock();
	fault_armed = false;
	fired = fault_fired;
	seen = fault_seen;
	if (fired) {
		strlcpy(call, fault_call, sizeof(call));
		strlcpy(place, place_text(fault_place), sizeof(place));
	}
	big_unlock();
	text_printf(t, "{\"seen\":%ju,\"fired\":%s,\"call\":\"%s\",\"place\":",
	    (uintmax_t)seen, fired ? "true" : "false", call);
	text_string(t, place);
	text_printf(t, "}");
}

void
fault_calls(struct text *t)
{
	unsigned i;

	big_lock();
	text_printf(t, "[");
	for (i = 0; i < ncalls; i++) {
		text_printf(t,
		    "%s{\"call\":\"%s\",\"place\":", i == 0 ? "" : ",",
		    calls[i].call);
		text_string(t, place_text(calls[i].place));
		text_printf(t, ",\"times\":%ju,\"failed\":%ju}",
		    (uintmax_t)calls[i].times, (uintmax_t)calls[i].failed);
	}
	text_printf(t, "]");
	big_unlock();
}

void
places_keep(void)
{
	struct kthread *t;
	struct thing *one;
	unsigned i;

	big_lock();
	for (i = 0; i < BUCKETS; i++)
		for (one = things[i]; one != NULL; one = one->next) {
			one->place = place_kept(one->place);
			if (one->name != NULL)
				one->name = copy_string(one->name);
		}
	for (i = 0; i < GONE; i++)
		gone[i].place = place_kept(gone[i].place);
	for (i = 0; i < ncalls; i++)
		calls[i].place = place_kept(calls[i].place);
	fault_place = place_kept(fault_place);
	for (t = threads; t != NULL; t = t->next) {
		t->place = place_kept(t->place);
		t->epoch_place = place_kept(t->epoch_place);
		for (i = 0; i < t->nheld; i++)
			t->held[i].place = place_kept(t->held[i].place);
	}
	lock_places_keep();
	big_unlock();
}
