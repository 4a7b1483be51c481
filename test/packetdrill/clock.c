/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Time, and who waits for it.  packetdrill makes calls that are expected to
 * block on a second thread, and goes on with the script on its own; the clock
 * belongs to the latter.  What happens is the same in each run: when the
 * test's thread has done something that lets the other one go on, it waits
 * until that one has left and noted the time.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "pd.h"

#define NS_PER_US 1000
#define NS_PER_S  1000000000
#define EPOCH_S	  1000000000 /* of gettimeofday(); any will do */
#define LEAVE_S	  5 /* that the other thread gets, of the host's time */

void
pd_enter(struct pd *pd)
{
	pthread_mutex_lock(&pd->lock);
}

/* True if the call on the other thread may go on. */
static bool
released(struct pd *pd)
{
	return (pd->waiting &&
	    (pd->ready(pd, pd->what) || stack_now(pd->stack) >= pd->until_ns));
}

static void
let_waiter_leave(struct pd *pd)
{
	struct timespec limit;

	if (!released(pd))
		return;
	pd->waiting = false;
	pd->leaving = true;
	pthread_cond_broadcast(&pd->changed);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LEAVE_S;
	while (pd->leaving)
		if (pthread_cond_timedwait(&pd->changed, &pd->lock, &limit) ==
		    ETIMEDOUT)
			break;
	pd->leaving = false;
}

void
pd_leave(struct pd *pd)
{
	int error = errno;

	let_waiter_leave(pd);
	if (!pd->failed && *stack_error(pd->stack) != '\0') {
		pd->failed = true;
		fprintf(stderr, "mirage: %s\n", stack_error(pd->stack));
	}
	pd_control_write(pd);
	pthread_mutex_unlock(&pd->lock);
	errno = error;
}

/* To the next thing that can happen, at most to `to_ns`; false: there is none.
 */
static bool
step(struct pd *pd, uint64_t to_ns)
{
	uint64_t next = stack_deadline(pd->stack);

	if (pd->waiting && pd->until_ns < next)
		next = pd->until_ns;
	if (next > to_ns)
		next = to_ns;
	if (next == UINT64_MAX)
		return (false);
	stack_advance_to(pd->stack, next);
	let_waiter_leave(pd);
	return (true);
}

void
pd_advance(struct pd *pd, uint64_t to_ns)
{
	while (stack_now(pd->stack) < to_ns)
		(void)step(pd, to_ns);
}

bool
pd_wait(struct pd *pd, bool (*ready)(struct pd *, const void *),
    const void *what, uint64_t until_ns)
{
	if (pthread_equal(pthread_self(), pd->main)) {
		while (!ready(pd, what)) {
			if (stack_now(pd->stack) >= until_ns ||
			    !step(pd, until_ns))
				return (false);
		}
		return (true);
	}
	if (ready(pd, what))
		return (true);
	pd->ready = ready;
	pd->what = what;
	pd->until_ns = until_ns;
	pd->waiting = true;
	while (pd->waiting)
		pthread_cond_wait(&pd->changed, &pd->lock);
	return (ready(pd, what));
}

int
pd_call_usleep(void *self, useconds_t us)
{
	struct pd *pd = self;

	pd_enter(pd);
	pd_advance(pd, stack_now(pd->stack) + (uint64_t)us * NS_PER_US);
	pd_leave(pd);
	return (0);
}

/*
 * packetdrill spins on the clock before each event (on the thread that makes
 * the event's call), so it moves by a microsecond with each look at it.
 */
int
pd_call_gettimeofday(void *self, struct timeval *tv, struct timezone *tz)
{
	struct pd *pd = self;
	uint64_t now;

	(void)tz;
	pd_enter(pd);
	if (pd->leaving && !pthread_equal(pthread_self(), pd->main)) {
		pd->leaving = false;
		pthread_cond_broadcast(&pd->changed);
	} else
		pd_advance(pd, stack_now(pd->stack) + NS_PER_US);
	now = stack_now(pd->stack);
	tv->tv_sec = (time_t)(EPOCH_S + now / NS_PER_S);
	tv->tv_usec = (suseconds_t)(now % NS_PER_S / NS_PER_US);
	pthread_mutex_unlock(&pd->lock);
	return (0);
}
