/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The net epoch: who is in it, and waiting for those.
 */
#include "kernel.h"

#include <sys/epoch.h>

/* Threads that are, or were, in an epoch; big lock. */
#define READERS 64
static struct reader {
	struct kthread *thread;
	uint64_t number; /* 0: the place is free */
} readers[READERS];
static uint64_t entries;

void
kpi_epoch_enter(struct epoch_tracker *et)
{
	struct kthread *t = self();
	unsigned i;

	et->et_thread = &t->td;
	et->et_in = 1;
	et->et_depth = ++t->epoch;
	if (t->epoch > 1)
		return;
	t->epoch_place = t->place;
	big_lock();
	t->epoch_entered = ++entries;
	for (i = 0; i < READERS && readers[i].number != 0; i++)
		;
	if (i == READERS)
		host_die("too many threads in an epoch");
	readers[i].thread = t;
	readers[i].number = t->epoch_entered;
	big_unlock();
}

void
kpi_epoch_exit(struct epoch_tracker *et)
{
	struct kthread *t = self();
	unsigned i;

	if (et->et_thread != &t->td || et->et_in != 1 ||
	    et->et_depth != t->epoch) {
		violation(
		    "epoch is left in %s, which this thread did not enter "
		    "so",
		    place_text(t->place));
		return;
	}
	et->et_in = 0;
	if (--t->epoch > 0)
		return;
	big_lock();
	for (i = 0; i < READERS; i++)
		if (readers[i].thread == t)
			readers[i].number = 0, readers[i].thread = NULL;
	host_cond_broadcast(changed);
	big_unlock();
}

int
kpi_in_epoch(void)
{
	return (self()->epoch > 0);
}

/* Waits for all who are inside now. */
static void
wait_for_readers(void)
{
	uint64_t until;
	unsigned i;

	big_lock();
	until = entries;
	for (i = 0; i < READERS;) {
		if (readers[i].number == 0 || readers[i].number > until ||
		    readers[i].thread == self()) {
			i++;
			continue;
		}
		host_cond_wait_for(changed, big, 10000000);
	}
	big_unlock();
}

/* Callbacks that wait for readers to be gone. */
static struct callback {
	epoch_callback_t *function;
	epoch_context_t context;
	struct callback *next;
} *callbacks;

void
kpi_epoch_call(epoch_callback_t *function, epoch_context_t context)
{
	struct callback *c = host_alloc(sizeof(*c)), **at;

	c->function = function;
	c->context = context;
	thing_made(KIND_CALLBACK, c, "epoch callback", 0);
	big_lock();
	for (at = &callbacks; *at != NULL; at = &(*at)->next)
		;
	*at = c;
	big_unlock();
}

static void
run_callbacks(void)
{
	struct callback *c;

	for (;;) {
		big_lock();
		c = callbacks;
		if (c != NULL)
			callbacks = c->next;
		big_unlock();
		if (c == NULL)
			return;
		c->function(c->context);
		thing_gone(KIND_CALLBACK, c, "run", NULL);
		host_free(c);
	}
}

void
kpi_epoch_wait(void)
{
	may_sleep("NET_EPOCH_WAIT");
	wait_for_readers();
}

void
kpi_epoch_drain(void)
{
	may_sleep("NET_EPOCH_DRAIN_CALLBACKS");
	wait_for_readers();
	run_callbacks();
}

void
epoch_forget(void)
{
	wait_for_readers();
	run_callbacks();
}
