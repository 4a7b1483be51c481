/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside of the double: what its files share.
 */
#ifndef KPI_KERNEL_H
#define KPI_KERNEL_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/proc.h>

#include "host.h"

/*
 * All of the double's own state is under one lock, which is never held while
 * the module runs.
 */
void big_lock(void);
void big_unlock(void);
extern struct host_mutex *big;
/* Something may have come to rest, or may go on. */
extern struct host_cond *changed;

/* Threads. */
#define HELD_MAX 32
struct held {
	struct kpi_lock *lock;
	const struct kpi_place *place;
};

struct kthread {
	struct thread td; /* first */
	struct host_thread *host; /* NULL: a thread of the test */
	struct host_cond *cond;
	void (*main)(void *);
	void *argument;
	const void *channel; /* asleep on it */
	const char *message;
	uint64_t deadline_ns; /* of the sleep; UINT64_MAX: none */
	bool of_module;
	bool ended;
	bool resting; /* what it does now is to wait for work */
	const struct kpi_place *place; /* of its last call of the kernel */
	struct held held[HELD_MAX];
	unsigned nheld;
	unsigned epoch; /* sections that it is in */
	uint64_t epoch_entered; /* a number that each outermost entry has */
	const struct kpi_place *epoch_place;
	struct kthread *next;
};
struct kthread *self(void);
extern struct kthread *threads; /* big lock */
const struct kpi_place *here(void);
struct kthread *thread_new(
    void (*)(void *), void *, const char *name, int pages, bool of_module);
void threads_freeze(bool);
/* Waits for the ends of threads that are over. */
void threads_reap(void);
/* A thread of the module that is not at its end; NULL: none. */
const char *thread_left(void);
/* Until all threads are asleep: false after so many real nanoseconds. */
bool threads_settle(uint64_t ns);

/* Time. */
uint64_t now_ns(void);
void clock_advance(uint64_t ns);

/* Violations: what WITNESS, INVARIANTS and the like would report. */
void violation(const char *, ...) __printflike(1, 2);
/* "function (file:line)"; valid until the thread's next eight uses. */
const char *place_text(const struct kpi_place *);
/* The same place in memory that outlives the module. */
const struct kpi_place *place_kept(const struct kpi_place *);
/* The module goes: nothing may refer to its memory. */
void places_keep(void);
void lock_places_keep(void);
/* Those so far; they are forgotten then. */
struct text;
void violations_take(struct text *);
unsigned violations_count(void);
void may_sleep(const char *what);

/* Things that somebody has to give back. */
enum kind {
	KIND_MALLOC,
	KIND_ZONE,
	KIND_ITEM,
	KIND_MBUF,
	KIND_CLUSTER,
	KIND_TAG,
	KIND_IFNET,
	KIND_CLONER,
	KIND_SYSCTL,
	KIND_THREAD,
	KIND_EVENTHANDLER,
	KIND_COUNTER,
	KIND_LOCK,
	KIND_MEDIA,
	KIND_SBUF,
	KIND_NODE,
	KIND_HOOK,
	KIND_NODE_TYPE,
	KIND_NG_ITEM,
	KIND_NG_MESSAGE,
	KIND_CALLBACK,
	KINDS
};
extern const char *const kind_names[KINDS];
void thing_made(enum kind, const void *, const char *name, size_t size);
struct thing {
	const void *p;
	enum kind kind;
	const char *name;
	size_t size;
	const struct kpi_place *place;
	struct thing *next;
};
/* False, and a violation: there is no such thing. */
bool thing_gone(enum kind, const void *, const char *what, struct thing *was);
bool thing_is(enum kind, const void *);
size_t things_count(enum kind);
/* Each that is left. */
void things_show(struct text *);
/* Memory that was given back: poisoned, and watched for a while. */
void memory_retire(void *, size_t);

/* Faults: true if this call, which may fail, is to fail. */
bool fault(const char *call);
void fault_arm(uint64_t nth);
void fault_disarm(struct text *);
void fault_calls(struct text *);

/* Locks, for the double's own callers. */
struct kpi_lock *lock_new(const char *name, bool sleepable, int flags);
void lock_free(struct kpi_lock *);
void lock_acquire(struct kpi_lock *, bool exclusive);
void lock_release(struct kpi_lock *, bool exclusive);
/* Checks that the current thread holds no more than so many locks. */
void lock_leave_all(const char *why, unsigned held);
struct kpi_lock *lock_pop(struct lock_object *); /* for a sleep */
bool kpi_lock_sleepable(const struct kpi_lock *);
const char *kpi_lock_name(const struct kpi_lock *);
/* What is taken into account for lock order only. */
void witness_enter(const char *name, bool sleepable);
void witness_leave(const char *name);

/* Text that grows. */
struct text {
	char *at;
	size_t len, size;
};
void text_printf(struct text *, const char *, ...) __printflike(2, 3);
void text_json(struct text *, const char *string, size_t len);
void text_string(struct text *, const char *string);
void text_hex(struct text *, const void *, size_t);
void text_free(struct text *);

char *copy_string(const char *);
bool strings_equal(const char *, const char *);
void console_write(int level, const char *format, va_list);
void console_take(struct text *);

/* Credentials of the test's thread. */
void credentials_set(uid_t, bool jailed);
extern int securelevel;

/* Environment (kenv). */
void env_set(const char *name, const char *value); /* NULL: none */

/* Modules. */
int module_load(const char *path, char *why, size_t);
int module_unload(bool force);
bool module_loaded(void);
void event_fire_mountroot(void);
extern bool is_root_mounted;

/* sysctl. */
struct sysctl_oid;
void sysctl_set_add(struct sysctl_oid *const *, struct sysctl_oid *const *);
void sysctl_set_remove(struct sysctl_oid *const *, struct sysctl_oid *const *);
/* value: NULL: a read.  What was read goes to the text as JSON. */
int sysctl_request(const char *name, const char *value, struct text *);
void sysctl_list(struct text *);

/* Events. */
struct linker_file;
void event_load(struct linker_file *);
void event_unload_try(struct linker_file *, int *error);
void event_ifnet(const char *name, struct ifnet *);
void event_ifnet_int(const char *name, struct ifnet *, int);

/* Epochs. */
void epoch_forget(void);

/* The network. */
void network_start(void);
bool netisr_idle(void);
void netgraph_start(void);
bool netgraph_idle(void);
void netisr_forget(struct ifnet *);
/* What the host's stack got: JSON list, emptied. */
void stack_take(const char *ifname, struct text *);
void stack_input(struct ifnet *, struct mbuf *);
void stack_hold(bool);
size_t stack_held(void);
void tap_take(struct text *);

/* Probes. */
void probes_loaded(const void *const *start, const void *const *end);
void probes_gone(void);
void probes_trace(bool);
void probes_take(struct text *);
void probes_list(struct text *);

/* Commands: one line in, one line of JSON out. */
void command(const char *line, struct text *reply);

#endif /* KPI_KERNEL_H */
