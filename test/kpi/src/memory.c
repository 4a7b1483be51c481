/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * malloc(9), zones, counters.
 */
#include "kernel.h"

#include <sys/counter.h>
#include <sys/malloc.h>

#include <vm/uma.h>

struct malloc_type M_TEMP[1] = {{"temp", "misc temporary data", 0, 0, 1}};
struct malloc_type M_DEVBUF[1] = {{"devbuf", "device drivers", 0, 0, 1}};

void
malloc_init(const void *data)
{
	struct malloc_type *type = __DECONST(struct malloc_type *, data);

	type->ks_inuse = type->ks_bytes = 0;
	type->ks_known = 1;
}

void
malloc_uninit(const void *data)
{
	struct malloc_type *type = __DECONST(struct malloc_type *, data);

	if (type->ks_inuse != 0)
		violation("malloc type \"%s\" has %ju allocations, %ju bytes, "
			  "left at unload",
		    type->ks_shortdesc, (uintmax_t)type->ks_inuse,
		    (uintmax_t)type->ks_bytes);
	type->ks_known = 0;
}

static bool
flags_good(int flags, const char *what)
{
	int how = flags & (M_NOWAIT | M_WAITOK);

	if (how != M_NOWAIT && how != M_WAITOK)
		violation("%s in %s with neither, or both, of M_WAITOK and "
			  "M_NOWAIT",
		    what, place_text(here()));
	if (how == M_WAITOK)
		may_sleep(what);
	return (how == M_WAITOK);
}

/*
 * Memory that may be waited for does not fail here either, with one
 * exception: by the contract of platforms a program's may, in memory_take(),
 * and what is above must cope.
 */
static bool
fails(bool waits, const char *call)
{
	const struct kpi_place *place = here();

	if (waits &&
	    (place == NULL || !strings_equal(place->function, "memory_take")))
		return (false);
	return (fault(call));
}

void *
malloc(size_t size, struct malloc_type *type, int flags)
{
	bool waits = flags_good(flags, "malloc");
	void *p;

	if (type->ks_known == 0)
		violation("malloc in %s with a type that is not there",
		    place_text(here()));
	if (fails(waits, "malloc"))
		return (NULL);
	p = host_alloc(size);
	if ((flags & M_ZERO) == 0)
		memset(p, 0xad, size);
	__atomic_fetch_add(&type->ks_inuse, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&type->ks_bytes, size, __ATOMIC_RELAXED);
	thing_made(KIND_MALLOC, p, type->ks_shortdesc, size);
	return (p);
}

void
free(void *p, struct malloc_type *type)
{
	struct thing was;

	if (p == NULL || !thing_gone(KIND_MALLOC, p, "free", &was))
		return;
	if (!strings_equal(was.name, type->ks_shortdesc))
		violation("free in %s as type \"%s\" of what was allocated as "
			  "\"%s\" in %s",
		    place_text(here()), type->ks_shortdesc, was.name,
		    place_text(was.place));
	__atomic_fetch_sub(&type->ks_inuse, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&type->ks_bytes, was.size, __ATOMIC_RELAXED);
	memory_retire(p, was.size);
}

void
zfree(void *p, struct malloc_type *type)
{
	free(p, type);
}

static size_t
size_of(void *p)
{
	struct thing was = {0};

	if (!thing_gone(KIND_MALLOC, p, "realloc", &was))
		return (0);
	thing_made(KIND_MALLOC, p, was.name, was.size);
	return (was.size);
}

void *
realloc(void *p, size_t size, struct malloc_type *type, int flags)
{
	void *fresh = malloc(size, type, flags);
	size_t old;

	if (fresh == NULL || p == NULL)
		return (fresh);
	old = size_of(p);
	memcpy(fresh, p, old < size ? old : size);
	free(p, type);
	return (fresh);
}

void *
reallocf(void *p, size_t size, struct malloc_type *type, int flags)
{
	void *fresh = realloc(p, size, type, flags);

	if (fresh == NULL)
		free(p, type);
	return (fresh);
}

/* Zones. */
struct uma_zone {
	char *name;
	size_t size;
	uma_ctor ctor;
	uma_dtor dtor;
	uma_init init;
	uma_fini fini;
	int items; /* atomic */
	int max; /* 0: no limit */
};

uma_zone_t
uma_zcreate(const char *name, size_t size, uma_ctor ctor, uma_dtor dtor,
    uma_init init, uma_fini fini, int align, uint32_t flags)
{
	struct uma_zone *z;

	may_sleep("uma_zcreate");
	if (fault("uma_zcreate"))
		return (NULL);
	z = host_alloc(sizeof(*z));
	z->name = copy_string(name);
	z->size = size;
	z->ctor = ctor;
	z->dtor = dtor;
	z->init = init;
	z->fini = fini;
	thing_made(KIND_ZONE, z, z->name, 0);
	return (z);
}

void
uma_zdestroy(uma_zone_t z)
{
	may_sleep("uma_zdestroy");
	if (!thing_gone(KIND_ZONE, z, "uma_zdestroy", NULL))
		return;
	if (z->items != 0) {
		/* The name is what the items are known by. */
		violation("zone \"%s\" is destroyed in %s with %d items in use",
		    z->name, place_text(here()), z->items);
		return;
	}
	host_free(z->name);
	memory_retire(z, sizeof(*z));
}

void *
uma_zalloc_arg(uma_zone_t z, void *arg, int flags)
{
	bool waits = flags_good(flags, "uma_zalloc");
	void *item;
	int n;

	if (!thing_is(KIND_ZONE, z)) {
		violation("uma_zalloc in %s of a zone that is not there",
		    place_text(here()));
		return (NULL);
	}
	if (!waits && fault("uma_zalloc"))
		return (NULL);
	n = __atomic_add_fetch(&z->items, 1, __ATOMIC_ACQ_REL);
	if (z->max != 0 && n > z->max) {
		__atomic_sub_fetch(&z->items, 1, __ATOMIC_ACQ_REL);
		if (waits)
			host_die("a zone's limit is waited for");
		return (NULL);
	}
	item = host_alloc(z->size);
	if ((flags & M_ZERO) == 0)
		memset(item, 0xad, z->size);
	if (z->init != NULL)
		(void)z->init(item, (int)z->size, flags);
	if (z->ctor != NULL)
		(void)z->ctor(item, (int)z->size, arg, flags);
	thing_made(KIND_ITEM, item, z->name, z->size);
	return (item);
}

void
uma_zfree_arg(uma_zone_t z, void *item, void *arg)
{
	struct thing was;

	if (item == NULL)
		return;
	if (!thing_is(KIND_ZONE, z)) {
		violation("uma_zfree in %s to a zone that is not there",
		    place_text(here()));
		return;
	}
	if (!thing_gone(KIND_ITEM, item, "uma_zfree", &was))
		return;
	if (was.name != z->name)
		violation("uma_zfree in %s to zone \"%s\" of an item of \"%s\"",
		    place_text(here()), z->name, was.name);
	if (z->dtor != NULL)
		z->dtor(item, (int)z->size, arg);
	if (z->fini != NULL)
		z->fini(item, (int)z->size);
	memory_retire(item, z->size);
	__atomic_sub_fetch(&z->items, 1, __ATOMIC_ACQ_REL);
}

int
uma_zone_get_cur(uma_zone_t z)
{
	return (__atomic_load_n(&z->items, __ATOMIC_ACQUIRE));
}

int
uma_zone_set_max(uma_zone_t z, int max)
{
	z->max = max;
	return (max);
}

void
uma_prealloc(uma_zone_t z, int n)
{
}

void
uma_zone_reclaim(uma_zone_t z, int how)
{
}

/* Counters. */
counter_u64_t
counter_u64_alloc(int flags)
{
	counter_u64_t c;

	if (!flags_good(flags, "counter_u64_alloc") &&
	    fault("counter_u64_alloc"))
		return (NULL);
	c = host_alloc(sizeof(*c));
	thing_made(KIND_COUNTER, c, "counter(9)", sizeof(*c));
	return (c);
}

void
counter_u64_free(counter_u64_t c)
{
	if (c != NULL && thing_gone(KIND_COUNTER, c, "counter_u64_free", NULL))
		memory_retire(c, sizeof(*c));
}

void
counter_u64_add(counter_u64_t c, int64_t n)
{
	__atomic_fetch_add(c, (uint64_t)n, __ATOMIC_RELAXED);
}

uint64_t
counter_u64_fetch(counter_u64_t c)
{
	return (__atomic_load_n(c, __ATOMIC_RELAXED));
}

void
counter_u64_zero(counter_u64_t c)
{
	__atomic_store_n(c, 0, __ATOMIC_RELAXED);
}
