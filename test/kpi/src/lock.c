/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Locks, with what WITNESS would report.
 */
#include "kernel.h"

#include <sys/mutex.h>
#include <sys/sx.h>

struct kpi_lock {
	const char *name;
	unsigned class; /* of those with its name */
	bool sleepable; /* an sx */
	bool recursive;
	bool duplicates; /* several of the class at once are well */
	struct kthread *owner; /* exclusive */
	unsigned recursion;
	unsigned sharers;
	unsigned waiters;
	const struct kpi_place *where; /* it was locked last */
	struct host_cond *cond;
};

struct mtx Giant;

/*
 * Order: edges[a][b] says where a was held when b was locked.  Names stand
 * for classes of locks, for the life of the process.
 */
#define CLASSES 128
static char *classes[CLASSES];
static bool sleepables[CLASSES];
static unsigned nclasses;
static struct edge {
	const struct kpi_place *held, *locked;
} *edges[CLASSES][CLASSES];
static bool reported[CLASSES][CLASSES];

bool
kpi_lock_sleepable(const struct kpi_lock *l)
{
	return (l->sleepable);
}

const char *
kpi_lock_name(const struct kpi_lock *l)
{
	return (l->name);
}

/* The big lock is held. */
static unsigned
class_of(const char *name, bool sleepable)
{
	unsigned i;

	for (i = 0; i < nclasses; i++)
		if (strings_equal(classes[i], name))
			return (i);
	if (nclasses == CLASSES)
		host_die("too many names of locks");
	sleepables[nclasses] = sleepable;
	classes[nclasses] = copy_string(name);
	return (nclasses++);
}

/* Is there a path? */
static bool
ordered(unsigned from, unsigned to, bool *seen)
{
	unsigned i;

	if (edges[from][to] != NULL)
		return (true);
	seen[from] = true;
	for (i = 0; i < nclasses; i++)
		if (edges[from][i] != NULL && !seen[i] && ordered(i, to, seen))
			return (true);
	return (false);
}

static void
report_reversal(unsigned held, unsigned class, const struct kpi_place *where,
    const struct kpi_place *place)
{
	const struct edge *e = edges[class][held];

	if (reported[held][class])
		return;
	reported[held][class] = true;
	if (e != NULL)
		violation(
		    "lock order reversal: \"%s\" held from %s when \"%s\" "
		    "is locked in %s, but \"%s\" was held from %s when "
		    "\"%s\" was locked in %s",
		    classes[held], place_text(where), classes[class],
		    place_text(place), classes[class], place_text(e->held),
		    classes[held], place_text(e->locked));
	else
		violation(
		    "lock order reversal: \"%s\" held from %s when \"%s\" "
		    "is locked in %s, against an order by way of other "
		    "locks",
		    classes[held], place_text(where), classes[class],
		    place_text(place));
}

/* The big lock is held: the thread is about to wait for such a lock. */
static void
witness(struct kthread *t, unsigned class, bool sleepable, bool duplicates)
{
	unsigned i;

	if (sleepable && t->epoch > 0)
		violation(
		    "lock \"%s\", which may sleep, is locked in %s inside "
		    "of the net epoch that was entered in %s",
		    classes[class], place_text(t->place),
		    place_text(t->epoch_place));
	for (i = 0; i < t->nheld; i++) {
		struct kpi_lock *h = t->held[i].lock;
		const struct kpi_place *where = t->held[i].place;
		bool seen[CLASSES] = {false};

		if (sleepable && !h->sleepable)
			violation("lock \"%s\", which may sleep, is locked in "
				  "%s with mutex \"%s\" held from %s",
			    classes[class], place_text(t->place), h->name,
			    place_text(where));
		if (h->class == class) {
			if (!duplicates)
				violation("a second lock \"%s\" is locked in "
					  "%s while one is held from %s",
				    classes[class], place_text(t->place),
				    place_text(where));
			continue;
		}
		if (ordered(class, h->class, seen)) {
			report_reversal(h->class, class, where, t->place);
		} else if (edges[h->class][class] == NULL) {
			struct edge *e = host_alloc(sizeof(*e));

			e->held = where;
			e->locked = t->place;
			edges[h->class][class] = e;
		}
	}
}

static void
push(struct kthread *t, struct kpi_lock *l)
{
	if (t->nheld == HELD_MAX)
		host_die("too many locks held");
	t->held[t->nheld].lock = l;
	t->held[t->nheld++].place = t->place;
}

static bool
pull(struct kthread *t, struct kpi_lock *l)
{
	unsigned i;

	for (i = t->nheld; i-- > 0;)
		if (t->held[i].lock == l) {
			for (; i + 1 < t->nheld; i++)
				t->held[i] = t->held[i + 1];
			t->nheld--;
			return (true);
		}
	return (false);
}

static bool
holds(struct kthread *t, struct kpi_lock *l)
{
	unsigned i;

	for (i = 0; i < t->nheld; i++)
		if (t->held[i].lock == l)
			return (true);
	return (false);
}

struct kpi_lock *
lock_new(const char *name, bool sleepable, int flags)
{
	struct kpi_lock *l = host_alloc(sizeof(*l));

	l->name = copy_string(name);
	l->sleepable = sleepable;
	l->recursive = (flags & (sleepable ? SX_RECURSE : MTX_RECURSE)) != 0;
	l->duplicates = (flags & (sleepable ? SX_DUPOK : MTX_DUPOK)) != 0;
	l->cond = host_cond_new();
	big_lock();
	l->class = class_of(name, sleepable);
	big_unlock();
	return (l);
}

void
lock_free(struct kpi_lock *l)
{
	host_cond_free(l->cond);
	host_free(__DECONST(char *, l->name));
	host_free(l);
}

static bool
acquire(struct kpi_lock *l, bool exclusive, bool try)
{
	struct kthread *t = self();

	big_lock();
	if (l->owner == t) {
		if (!l->recursive || !exclusive)
			violation("lock \"%s\" is locked again in %s; this "
				  "thread holds it from %s",
			    l->name, place_text(t->place),
			    place_text(l->where));
		l->recursion++;
		big_unlock();
		return (true);
	}
	if (!exclusive && holds(t, l))
		violation("lock \"%s\" is shared again in %s", l->name,
		    place_text(t->place));
	if (!try)
		witness(t, l->class, l->sleepable, l->duplicates);
	while (l->owner != NULL || (exclusive && l->sharers > 0)) {
		if (try) {
			big_unlock();
			return (false);
		}
		l->waiters++;
		host_cond_wait(l->cond, big);
		l->waiters--;
	}
	if (exclusive)
		l->owner = t;
	else
		l->sharers++;
	l->where = t->place;
	push(t, l);
	big_unlock();
	return (true);
}

void
lock_acquire(struct kpi_lock *l, bool exclusive)
{
	acquire(l, exclusive, false);
}

void
lock_release(struct kpi_lock *l, bool exclusive)
{
	struct kthread *t = self();

	big_lock();
	if (exclusive ? l->owner != t : !holds(t, l) || l->owner != NULL) {
		violation("lock \"%s\" is unlocked in %s by a thread that does "
			  "not hold it so",
		    l->name, place_text(t->place));
		big_unlock();
		return;
	}
	if (l->recursion > 0) {
		l->recursion--;
		big_unlock();
		return;
	}
	pull(t, l);
	if (exclusive)
		l->owner = NULL;
	else
		l->sharers--;
	host_cond_broadcast(l->cond);
	big_unlock();
}

/* The lock that a sleeper lets go, which it holds. */
struct kpi_lock *
lock_pop(struct lock_object *o)
{
	struct kpi_lock *l = o->lo_lock;
	struct kthread *t = self();

	if (l == NULL) {
		violation("sleep in %s with a lock that was not made",
		    place_text(t->place));
		return (NULL);
	}
	if (l->owner != t) {
		violation("sleep in %s with lock \"%s\", which is not held",
		    place_text(t->place), l->name);
		return (NULL);
	}
	if (l->recursion > 0)
		violation("sleep in %s with lock \"%s\" held twice",
		    place_text(t->place), l->name);
	lock_release(l, true);
	return (l);
}

void
lock_leave_all(const char *why, unsigned held)
{
	struct kthread *t = self();
	unsigned i;

	for (i = held; i < t->nheld; i++)
		violation("%s in %s with lock \"%s\" held from %s", why,
		    place_text(t->place), t->held[i].lock->name,
		    place_text(t->held[i].place));
}

/* The big lock is held. */
void
lock_places_keep(void)
{
	unsigned a, b;

	for (a = 0; a < nclasses; a++)
		for (b = 0; b < nclasses; b++)
			if (edges[a][b] != NULL) {
				edges[a][b]->held =
				    place_kept(edges[a][b]->held);
				edges[a][b]->locked =
				    place_kept(edges[a][b]->locked);
			}
}

/* Locks of the kernel itself, which the module meets only in its order. */
static struct kpi_lock *pseudo[CLASSES];

void
witness_enter(const char *name, bool sleepable)
{
	struct kthread *t = self();
	unsigned class;

	big_lock();
	class = class_of(name, sleepable);
	witness(t, class, sleepable, true);
	if (pseudo[class] == NULL) {
		struct kpi_lock *l = host_alloc(sizeof(*l));

		l->name = classes[class];
		l->class = class;
		l->sleepable = sleepable;
		pseudo[class] = l;
	}
	push(t, pseudo[class]);
	big_unlock();
}

void
witness_leave(const char *name)
{
	struct kthread *t = self();

	big_lock();
	(void)pull(t, pseudo[class_of(name, false)]);
	big_unlock();
}

/* The interface: a lock object that has, or should have, a lock. */
static struct kpi_lock *
lock_of(const struct lock_object *o, const char *what)
{
	struct kpi_lock *l = o->lo_lock;

	if (l == NULL || !thing_is(KIND_LOCK, o)) {
		violation("%s in %s of a lock that was not made, or destroyed",
		    what, place_text(here()));
		return (NULL);
	}
	return (l);
}

static void
make(struct lock_object *o, const char *name, bool sleepable, int flags,
    int fresh)
{
	if (o->lo_lock != NULL && thing_is(KIND_LOCK, o) &&
	    (flags & fresh) == 0) {
		violation("lock \"%s\" is made again in %s", name,
		    place_text(here()));
		return;
	}
	o->lo_name = name;
	o->lo_lock = lock_new(name, sleepable, flags);
	thing_made(KIND_LOCK, o, name, 0);
}

static void
destroy(struct lock_object *o)
{
	struct kpi_lock *l = lock_of(o, "destruction");

	if (l == NULL)
		return;
	big_lock();
	if (l->owner != NULL || l->sharers > 0 || l->waiters > 0)
		violation("lock \"%s\" is destroyed in %s while it is held, "
			  "from %s, or waited for",
		    l->name, place_text(here()), place_text(l->where));
	big_unlock();
	thing_gone(KIND_LOCK, o, "destruction", NULL);
	o->lo_lock = NULL;
	if (l->owner == NULL && l->sharers == 0 && l->waiters == 0)
		lock_free(l);
}

static void
lock_assert(const struct lock_object *o, int what)
{
	struct kpi_lock *l = lock_of(o, "assertion");
	struct kthread *t = self();
	bool exclusive, held;

	if (l == NULL)
		return;
	big_lock();
	exclusive = l->owner == t;
	held = holds(t, l);
	big_unlock();
	if ((what & SA_XLOCKED) != 0	  ? !exclusive :
		(what & SA_UNLOCKED) != 0 ? held :
		(what & SA_SLOCKED) != 0  ? !held || exclusive :
					    !held)
		violation("lock \"%s\" is not held as %s asserts", l->name,
		    place_text(t->place));
}

void
mtx_init(struct mtx *m, const char *name, const char *type, int flags)
{
	make(
	    &m->lock_object, type != NULL ? type : name, false, flags, MTX_NEW);
	m->lock_object.lo_name = name;
}

void
mtx_destroy(struct mtx *m)
{
	destroy(&m->lock_object);
}

void
mtx_lock(struct mtx *m)
{
	struct kpi_lock *l = lock_of(&m->lock_object, "locking");

	if (l != NULL)
		(void)acquire(l, true, false);
}

int
mtx_trylock(struct mtx *m)
{
	struct kpi_lock *l = lock_of(&m->lock_object, "locking");

	return (l != NULL && acquire(l, true, true));
}

void
mtx_unlock(struct mtx *m)
{
	struct kpi_lock *l = lock_of(&m->lock_object, "unlocking");

	if (l != NULL)
		lock_release(l, true);
}

int
mtx_owned(const struct mtx *m)
{
	struct kpi_lock *l = m->lock_object.lo_lock;

	return (l != NULL && l->owner == self());
}

int
mtx_initialized(const struct mtx *m)
{
	return (m->lock_object.lo_lock != NULL);
}

void
mtx_assert(const struct mtx *m, int what)
{
	/* The same numbers, for what a mutex can be. */
	lock_assert(&m->lock_object,
	    (what & MA_NOTOWNED) != 0 ? SA_UNLOCKED : SA_XLOCKED);
}

void
sx_init_flags(struct sx *sx, const char *name, int flags)
{
	make(&sx->lock_object, name, true, flags, SX_NEW);
}

void
sx_destroy(struct sx *sx)
{
	destroy(&sx->lock_object);
}

static bool
sx_acquire(struct sx *sx, bool exclusive, bool try)
{
	struct kpi_lock *l = lock_of(&sx->lock_object, "locking");

	return (l != NULL && acquire(l, exclusive, try));
}

static void
sx_release(struct sx *sx, bool exclusive)
{
	struct kpi_lock *l = lock_of(&sx->lock_object, "unlocking");

	if (l != NULL)
		lock_release(l, exclusive);
}

void
sx_xlock(struct sx *sx)
{
	(void)sx_acquire(sx, true, false);
}

int
sx_xlock_sig(struct sx *sx)
{
	(void)sx_acquire(sx, true, false);
	return (0);
}

int
sx_try_xlock(struct sx *sx)
{
	return (sx_acquire(sx, true, true));
}

void
sx_xunlock(struct sx *sx)
{
	sx_release(sx, true);
}

void
sx_slock(struct sx *sx)
{
	(void)sx_acquire(sx, false, false);
}

int
sx_try_slock(struct sx *sx)
{
	return (sx_acquire(sx, false, true));
}

void
sx_sunlock(struct sx *sx)
{
	sx_release(sx, false);
}

int
sx_xlocked(const struct sx *sx)
{
	struct kpi_lock *l = sx->lock_object.lo_lock;

	return (l != NULL && l->owner == self());
}

void
sx_assert(const struct sx *sx, int what)
{
	lock_assert(&sx->lock_object, what);
}
