/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Threads, sleeping and waking, the clock.
 */
#include "kernel.h"

#include <sys/kthread.h>
#include <sys/priv.h>
#include <sys/jail.h>

#include <net/vnet.h>

struct prison prison0 = {0, -1, NULL};
static struct prison jail1 = {1, -1, NULL};
static struct ucred root_credentials = {0, &prison0};
static struct ucred test_credentials = {0, &prison0};
struct proc proc0 = {0, &root_credentials, "kernel"};
struct thread thread0 = {.td_proc = &proc0, .td_ucred = &root_credentials};
static struct proc test_process = {100, &test_credentials, "test"};
int securelevel = -1;
int hz = 1000;
int cold;

struct kthread *threads;
static int next_id = 100001;

struct kthread *
self(void)
{
	struct kthread *t = host_self();

	if (t == NULL) {
		t = host_alloc(sizeof(*t));
		t->td.td_proc = &test_process;
		t->td.td_ucred = &test_credentials;
		t->cond = host_cond_new();
		strlcpy(t->td.td_name, "test", sizeof(t->td.td_name));
		host_set_self(t);
		big_lock();
		t->next = threads;
		threads = t;
		big_unlock();
	}
	return (t);
}

struct thread *
kpi_curthread(void)
{
	return (&self()->td);
}

void
credentials_set(uid_t uid, bool in_jail)
{
	test_credentials.cr_uid = uid;
	test_credentials.cr_prison = in_jail ? &jail1 : &prison0;
}

int
jailed(struct ucred *cred)
{
	return (cred->cr_prison != &prison0);
}

void
getcredhostuuid(struct ucred *cred, char *to, size_t size)
{
	strlcpy(to, "12345678-9abc-11ee-8000-589cfc000001", size);
}

void
getcredhostname(struct ucred *cred, char *to, size_t size)
{
	strlcpy(to, "kernel.example", size);
}

int
priv_check_cred(struct ucred *cred, int privilege)
{
	/* No privilege that the module asks for is given to jails. */
	return (cred->cr_uid != 0 || jailed(cred) ? EPERM : 0);
}

int
priv_check(struct thread *td, int privilege)
{
	return (priv_check_cred(td->td_ucred, privilege));
}

int
securelevel_gt(struct ucred *cred, int level)
{
	return (securelevel > level ? EPERM : 0);
}

int
securelevel_ge(struct ucred *cred, int level)
{
	return (securelevel >= level ? EPERM : 0);
}

/* Time: the machine's, and what was added to it. */
static uint64_t offset_ns = UINT64_C(100000000000);
static uint64_t started_ns;

uint64_t
now_ns(void)
{
	uint64_t start = __atomic_load_n(&started_ns, __ATOMIC_RELAXED);

	if (start == 0) {
		start = host_monotonic_ns();
		__atomic_store_n(&started_ns, start, __ATOMIC_RELAXED);
	}
	return (host_monotonic_ns() - start +
	    __atomic_load_n(&offset_ns, __ATOMIC_RELAXED));
}

void
clock_advance(uint64_t ns)
{
	struct kthread *t;

	big_lock();
	__atomic_fetch_add(&offset_ns, ns, __ATOMIC_RELAXED);
	for (t = threads; t != NULL; t = t->next)
		host_cond_broadcast(t->cond);
	big_unlock();
}

static void
to_timespec(struct timespec *ts, uint64_t ns)
{
	ts->tv_sec = (time_t)(ns / 1000000000);
	ts->tv_nsec = (long)(ns % 1000000000);
}

void
nanouptime(struct timespec *ts)
{
	to_timespec(ts, now_ns());
}

void
nanotime(struct timespec *ts)
{
	to_timespec(ts,
	    host_wall_ns() - UINT64_C(100000000000) +
		__atomic_load_n(&offset_ns, __ATOMIC_RELAXED));
}

void
microtime(struct timeval *tv)
{
	struct timespec ts;

	nanotime(&ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
}

void
microuptime(struct timeval *tv)
{
	struct timespec ts;

	nanouptime(&ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
}

void
binuptime(struct bintime *bt)
{
	sbintime_t sbt = sbinuptime();

	bt->sec = sbt >> 32;
	bt->frac = (uint64_t)sbt << 32;
}

sbintime_t
sbinuptime(void)
{
	return (nstosbt((int64_t)now_ns()));
}

time_t
kpi_uptime(void)
{
	return ((time_t)(now_ns() / 1000000000));
}

time_t
kpi_second(void)
{
	struct timespec ts;

	nanotime(&ts);
	return (ts.tv_sec);
}

int
kpi_ticks(void)
{
	return ((int)(now_ns() / 1000000));
}

sbintime_t
kpi_ticks_sbt(int n)
{
	return (nstosbt((int64_t)n * (1000000000 / hz)));
}

int
ppsratecheck(struct timeval *last, int *count, int max)
{
	struct timeval now;

	microuptime(&now);
	if (now.tv_sec != last->tv_sec || last->tv_sec == 0) {
		*last = now;
		*count = 0;
	}
	(*count)++;
	return (max < 0 || *count <= max);
}

int
ratecheck(struct timeval *last, const struct timeval *interval)
{
	struct timeval now;
	int64_t passed;

	microuptime(&now);
	passed =
	    (now.tv_sec - last->tv_sec) * 1000000 + now.tv_usec - last->tv_usec;
	if (last->tv_sec != 0 &&
	    passed < interval->tv_sec * 1000000 + interval->tv_usec)
		return (0);
	*last = now;
	return (1);
}

/* Sleeping. */
void
may_sleep(const char *what)
{
	struct kthread *t = self();
	unsigned i;

	if (t->epoch > 0)
		violation("%s may sleep in %s, inside of the net epoch that "
			  "was entered in %s",
		    what, place_text(t->place), place_text(t->epoch_place));
	for (i = 0; i < t->nheld; i++)
		if (!kpi_lock_sleepable(t->held[i].lock)) {
			violation("%s may sleep in %s with mutex \"%s\" held, "
				  "locked in %s",
			    what, place_text(t->place),
			    kpi_lock_name(t->held[i].lock),
			    place_text(t->held[i].place));
			break;
		}
}

void
kpi_may_sleep(const struct kpi_place *place, const char *what)
{
	self()->place = place;
	may_sleep(what);
}

/* Threads of the module that were woken do not go on meanwhile. */
static bool frozen;

void
threads_freeze(bool on)
{
	struct kthread *t;

	big_lock();
	frozen = on;
	for (t = threads; t != NULL; t = t->next)
		host_cond_broadcast(t->cond);
	big_unlock();
}

/* The big lock is held: until woken, or the deadline. */
static int
sleep_until(struct kthread *t, uint64_t deadline)
{
	int error = 0;

	t->deadline_ns = deadline;
	host_cond_broadcast(changed);
	while (t->channel != NULL) {
		uint64_t now = now_ns();

		if (deadline == UINT64_MAX) {
			host_cond_wait(t->cond, big);
		} else if (now >= deadline) {
			t->channel = NULL;
			error = EWOULDBLOCK;
		} else {
			host_cond_wait_for(t->cond, big, deadline - now);
		}
	}
	while (frozen && t->of_module)
		host_cond_wait(t->cond, big);
	return (error);
}

/* SBT 0: no deadline, as for msleep_sbt(9). */
int
kpi_sleep(const void *channel, struct lock_object *lock, int priority,
    const char *message, sbintime_t sbt, int flags)
{
	struct kthread *t = self();
	const struct kpi_place *place = t->place;
	struct kpi_lock *l = NULL;
	uint64_t deadline = UINT64_MAX;
	int error;

	if (channel == NULL)
		violation("sleep on nothing in %s", place_text(place));
	if (sbt != 0)
		deadline = (flags & C_ABSOLUTE ? 0 : now_ns()) +
		    (uint64_t)sbttons(sbt < 0 ? 0 : sbt);
	big_lock();
	t->channel = channel;
	t->message = message;
	t->resting = true;
	big_unlock();
	/* A wakeup from here on is not missed. */
	if (lock != NULL)
		l = lock_pop(lock);
	may_sleep(message);
	big_lock();
	error = sleep_until(t, deadline);
	t->resting = false;
	big_unlock();
	t->place = place;
	if (l != NULL && (priority & PDROP) == 0)
		lock_acquire(l, true);
	return (error);
}

static void
wake(const void *channel, int max)
{
	struct kthread *t;

	big_lock();
	for (t = threads; t != NULL && max > 0; t = t->next)
		if (t->channel == channel) {
			t->channel = NULL;
			host_cond_broadcast(t->cond);
			max--;
		}
	big_unlock();
}

void
wakeup(const void *channel)
{
	wake(channel, INT32_MAX);
}

void
wakeup_one(const void *channel)
{
	wake(channel, 1);
}

void
wakeup_any(const void *channel)
{
	wake(channel, 1);
}

/*
 * Waits a fiftieth of the time, and lets the clock show the rest: what
 * happens meanwhile is what counts.
 */
int
pause_sbt(const char *message, sbintime_t sbt, sbintime_t precision, int flags)
{
	uint64_t ns = (uint64_t)sbttons(sbt);

	may_sleep(message);
	host_sleep_ns(ns / 50);
	clock_advance(ns - ns / 50);
	return (EWOULDBLOCK);
}

void
DELAY(int us)
{
	clock_advance((uint64_t)us * 1000);
}

bool
should_yield(void)
{
	return (false);
}

void
kern_yield(int priority)
{
	may_sleep("kern_yield");
	host_yield();
}

void
maybe_yield(void)
{
	kern_yield(PRI_USER);
}

/* Threads. */
static void
thread_main(void *argument)
{
	struct kthread *t = argument;

	host_set_self(t);
	big_lock(); /* until thread_new() knows of the stack */
	big_unlock();
	t->main(t->argument);
	violation(
	    "thread \"%s\" returned from its main function", t->td.td_name);
	kthread_exit();
}

static struct proc *
process_new(const char *name)
{
	struct proc *p = host_alloc(sizeof(*p));

	p->p_pid = next_id++;
	p->p_ucred = &root_credentials;
	strlcpy(p->p_comm, name, sizeof(p->p_comm));
	return (p);
}

struct kthread *
thread_new(void (*main)(void *), void *argument, const char *name, int pages,
    bool of_module)
{
	struct kthread *t = host_alloc(sizeof(*t));

	if (pages < 4)
		pages = 4;
	if (pages > 32)
		pages = 32;
	t->td.td_proc = &proc0;
	t->td.td_ucred = &root_credentials;
	t->td.td_kstack_pages = pages;
	t->cond = host_cond_new();
	t->main = main;
	t->argument = argument;
	t->of_module = of_module;
	strlcpy(t->td.td_name, name, sizeof(t->td.td_name));
	if (of_module)
		thing_made(KIND_THREAD, t, "kernel thread", 0);
	big_lock();
	t->td.td_tid = next_id++;
	t->next = threads;
	threads = t;
	t->host = host_thread_new(thread_main, t, (size_t)pages * PAGE_SIZE);
	t->td.td_kstack = host_thread_stack(t->host);
	big_unlock();
	return (t);
}

static int
create(void (*main)(void *), void *argument, struct proc **process,
    struct thread **made, int pages, const char *process_name,
    const char *format, va_list ap, const char *call)
{
	struct kthread *t;
	char name[64];

	may_sleep(call);
	if (fault(call))
		return (ENOMEM);
	host_format(name, sizeof(name), format, ap);
	t = thread_new(main, argument, name, pages, true);
	if (process != NULL) {
		if (*process == NULL)
			*process = process_new(process_name);
		t->td.td_proc = *process;
	}
	if (made != NULL)
		*made = &t->td;
	return (0);
}

int
kproc_kthread_add(void (*main)(void *), void *argument, struct proc **process,
    struct thread **made, int flags, int pages, const char *procname,
    const char *format, ...)
{
	va_list ap;
	int error;

	va_start(ap, format);
	error = create(main, argument, process, made, pages, procname, format,
	    ap, "kproc_kthread_add");
	va_end(ap);
	return (error);
}

int
kthread_add(void (*main)(void *), void *argument, struct proc *process,
    struct thread **made, int flags, int pages, const char *format, ...)
{
	va_list ap;
	int error;

	va_start(ap, format);
	error = create(main, argument, process == NULL ? NULL : &process, made,
	    pages, "kernel", format, ap, "kthread_add");
	va_end(ap);
	return (error);
}

int
kproc_create(void (*main)(void *), void *argument, struct proc **process,
    int flags, int pages, const char *format, ...)
{
	struct proc *none = NULL;
	va_list ap;
	int error;

	va_start(ap, format);
	error = create(main, argument, process == NULL ? &none : process, NULL,
	    pages, format, format, ap, "kproc_create");
	va_end(ap);
	return (error);
}

void
kthread_exit(void)
{
	struct kthread *t = self();

	lock_leave_all("thread ends", 0);
	if (t->epoch > 0)
		violation("thread \"%s\" ends in %s inside of the net epoch "
			  "that was entered in %s",
		    t->td.td_name, place_text(t->place),
		    place_text(t->epoch_place));
	if (t->of_module)
		thing_gone(KIND_THREAD, t, "end", NULL);
	big_lock();
	t->ended = true;
	host_cond_broadcast(changed);
	big_unlock();
	wakeup(t);
	host_thread_end();
}

void
kproc_exit(int code)
{
	kthread_exit();
}

void
threads_reap(void)
{
	struct kthread *t, **at;

	for (;;) {
		big_lock();
		for (at = &threads; (t = *at) != NULL; at = &t->next)
			if (t->ended)
				break;
		if (t != NULL)
			*at = t->next;
		big_unlock();
		if (t == NULL)
			return;
		if (host_thread_overran(t->host))
			violation("thread \"%s\" used more than its stack of "
				  "%d pages",
			    t->td.td_name, t->td.td_kstack_pages);
		host_thread_join(t->host);
		host_cond_free(t->cond);
		memset(t, 0xde, sizeof(*t));
		host_free(t);
	}
}

const char *
thread_left(void)
{
	const char *name = NULL;
	struct kthread *t;

	big_lock();
	for (t = threads; t != NULL; t = t->next)
		if (t->of_module && !t->ended)
			name = t->td.td_name;
	big_unlock();
	return (name);
}

/* Asleep, with no deadline that has passed. */
static bool
rests(const struct kthread *t)
{
	return (t->ended ||
	    (t->resting && t->channel != NULL &&
		(t->deadline_ns == UINT64_MAX || t->deadline_ns > now_ns())));
}

bool
threads_settle(uint64_t ns)
{
	uint64_t until = host_monotonic_ns() + ns;
	struct kthread *t;
	bool all;

	big_lock();
	for (;;) {
		all = netisr_idle() && netgraph_idle();
		for (t = threads; t != NULL; t = t->next)
			all = all && (rests(t) || !t->of_module);
		if (all || host_monotonic_ns() >= until)
			break;
		host_cond_wait_for(changed, big, 2000000);
	}
	big_unlock();
	return (all);
}
