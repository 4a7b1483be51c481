/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A module that breaks one rule of the kernel's at load, the one that the
 * tunable "broken" names, for the tests of the double itself.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/sx.h>

#include <vm/uma.h>

MALLOC_DEFINE(M_ONE, "one", "one type");
MALLOC_DEFINE(M_OTHER, "other", "another type");

static struct mtx a, b;
static struct sx sleepable;
static uma_zone_t zone;

static void
lock_order(void)
{
	mtx_lock(&a);
	mtx_lock(&b);
	mtx_unlock(&b);
	mtx_unlock(&a);
	mtx_lock(&b);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&b);
}

static void
sleep_with_mutex(void)
{
	mtx_lock(&a);
	pause("broken", 1);
	mtx_unlock(&a);
}

static void
wait_in_epoch(void)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	free(malloc(16, M_ONE, M_WAITOK), M_ONE);
	NET_EPOCH_EXIT(et);
}

static void
sx_under_mutex(void)
{
	mtx_lock(&a);
	sx_xlock(&sleepable);
	sx_xunlock(&sleepable);
	mtx_unlock(&a);
}

static void
lock_twice(void)
{
	mtx_lock(&a);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&a);
}

static void
unlock_unlocked(void)
{
	mtx_unlock(&a);
}

static void
destroy_held(void)
{
	static struct mtx m;

	mtx_init(&m, "held", NULL, MTX_DEF);
	mtx_lock(&m);
	mtx_destroy(&m);
}

static void
leak(void)
{
	(void)malloc(100, M_ONE, M_WAITOK);
}

static void
free_twice(void)
{
	void *p = malloc(100, M_ONE, M_WAITOK);

	free(p, M_ONE);
	free(p, M_ONE);
}

static void
wrong_type(void)
{
	free(malloc(100, M_ONE, M_WAITOK), M_OTHER);
}

static void
item_twice(void)
{
	void *item = uma_zalloc(zone, M_WAITOK);

	uma_zfree(zone, item);
	uma_zfree(zone, item);
}

static void
mbuf_twice(void)
{
	struct mbuf *m = m_gethdr(M_WAITOK, MT_DATA);

	m_freem(m);
	m_freem(m);
}

static void
epoch_left_open(void)
{
	static struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
}

static void
thread_main(void *unused)
{
	mtx_lock(&a);
	kthread_exit();
}

static void
thread_with_lock(void)
{
	struct thread *td;

	(void)kthread_add(thread_main, NULL, NULL, &td, 0, 0, "broken");
	pause("broken", hz);
}

static const struct {
	const char *name;
	void (*act)(void);
} acts[] = {
    {"lock-order", lock_order},
    {"sleep-with-mutex", sleep_with_mutex},
    {"wait-in-epoch", wait_in_epoch},
    {"sx-under-mutex", sx_under_mutex},
    {"lock-twice", lock_twice},
    {"unlock-unlocked", unlock_unlocked},
    {"destroy-held", destroy_held},
    {"leak", leak},
    {"free-twice", free_twice},
    {"wrong-type", wrong_type},
    {"item-twice", item_twice},
    {"mbuf-twice", mbuf_twice},
    {"epoch-left-open", epoch_left_open},
    {"thread-with-lock", thread_with_lock},
};

static int
handler(module_t module, int what, void *argument)
{
	char name[32] = "";
	unsigned i;

	if (what != MOD_LOAD)
		return (0);
	mtx_init(&a, "a", NULL, MTX_DEF);
	mtx_init(&b, "b", NULL, MTX_DEF);
	sx_init(&sleepable, "sleepable");
	zone =
	    uma_zcreate("items", 64, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
	TUNABLE_STR_FETCH("broken", name, sizeof(name));
	for (i = 0; i < nitems(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			acts[i].act();
	return (0);
}

static moduledata_t broken_module = {"broken", handler, NULL};

DECLARE_MODULE(broken, broken_module, SI_SUB_PSEUDO, SI_ORDER_ANY);
MODULE_VERSION(broken, 1);
