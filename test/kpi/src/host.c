/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See host.h.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

/*
 * Below each stack, for what the C library and sanitizers need and no kernel
 * does: a program must not get there.
 */
#define RESERVE_BYTES (64 << 10)
#define RESERVE_FILL  0x5a

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/* Its frames are larger, and it clears them. */
#define STACK_FACTOR 4
#endif
#endif
#ifndef STACK_FACTOR
#define STACK_FACTOR 1
#endif

struct host_mutex {
	pthread_mutex_t mutex;
};

struct host_cond {
	pthread_cond_t cond;
};

struct host_thread {
	pthread_t thread;
	void (*main)(void *);
	void *argument;
	uint8_t *memory;
	size_t bytes; /* with the reserve */
	jmp_buf end;
};

static __thread void *self;
static __thread struct host_thread *running;

void
host_die(const char *why)
{
	fprintf(stderr, "kpi: %s\n", why);
	abort();
}

void
host_complain(const char *line)
{
	fprintf(stderr, "kpi: %s\n", line);
}

static void
check(int error, const char *what)
{
	if (error != 0) {
		fprintf(stderr, "kpi: %s: %s\n", what, strerror(error));
		abort();
	}
}

void *
host_alloc(size_t size)
{
	void *p = calloc(1, size == 0 ? 1 : size);

	if (p == NULL)
		host_die("out of memory");
	return (p);
}

void
host_free(void *p)
{
	free(p);
}

struct host_mutex *
host_mutex_new(void)
{
	struct host_mutex *m = host_alloc(sizeof(*m));

	check(pthread_mutex_init(&m->mutex, NULL), "pthread_mutex_init");
	return (m);
}

void
host_mutex_free(struct host_mutex *m)
{
	check(pthread_mutex_destroy(&m->mutex), "pthread_mutex_destroy");
	free(m);
}

void
host_mutex_lock(struct host_mutex *m)
{
	check(pthread_mutex_lock(&m->mutex), "pthread_mutex_lock");
}

bool
host_mutex_trylock(struct host_mutex *m)
{
	return (pthread_mutex_trylock(&m->mutex) == 0);
}

void
host_mutex_unlock(struct host_mutex *m)
{
	check(pthread_mutex_unlock(&m->mutex), "pthread_mutex_unlock");
}

struct host_cond *
host_cond_new(void)
{
	struct host_cond *c = host_alloc(sizeof(*c));
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	check(pthread_cond_init(&c->cond, &attributes), "pthread_cond_init");
	pthread_condattr_destroy(&attributes);
	return (c);
}

void
host_cond_free(struct host_cond *c)
{
	check(pthread_cond_destroy(&c->cond), "pthread_cond_destroy");
	free(c);
}

void
host_cond_signal(struct host_cond *c)
{
	pthread_cond_signal(&c->cond);
}

void
host_cond_broadcast(struct host_cond *c)
{
	pthread_cond_broadcast(&c->cond);
}

void
host_cond_wait(struct host_cond *c, struct host_mutex *m)
{
	check(pthread_cond_wait(&c->cond, &m->mutex), "pthread_cond_wait");
}

bool
host_cond_wait_for(
    struct host_cond *c, struct host_mutex *m, uint64_t nanoseconds)
{
	struct timespec until;
	uint64_t at;

	/* More than a year is as good as for ever. */
	if (nanoseconds > UINT64_C(31536000000000000)) {
		host_cond_wait(c, m);
		return (true);
	}
	at = host_monotonic_ns() + nanoseconds;
	until.tv_sec = (time_t)(at / 1000000000);
	until.tv_nsec = (long)(at % 1000000000);
	return (pthread_cond_timedwait(&c->cond, &m->mutex, &until) == 0);
}

static void *
trampoline(void *argument)
{
	struct host_thread *t = argument;

	running = t;
	if (setjmp(t->end) == 0)
		t->main(t->argument);
	return (NULL);
}

struct host_thread *
host_thread_new(void (*main)(void *), void *argument, size_t stack_bytes)
{
	struct host_thread *t = host_alloc(sizeof(*t));
	pthread_attr_t attributes;

	t->main = main;
	t->argument = argument;
	t->bytes = stack_bytes * STACK_FACTOR + RESERVE_BYTES;
	t->memory = mmap(NULL, t->bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (t->memory == MAP_FAILED)
		host_die("no memory for a stack");
	memset(t->memory, RESERVE_FILL, RESERVE_BYTES);
	pthread_attr_init(&attributes);
	check(pthread_attr_setstack(&attributes, t->memory, t->bytes),
	    "pthread_attr_setstack");
	check(pthread_create(&t->thread, &attributes, trampoline, t),
	    "pthread_create");
	pthread_attr_destroy(&attributes);
	return (t);
}

void
host_thread_end(void)
{
	longjmp(running->end, 1);
}

void
host_thread_join(struct host_thread *t)
{
	check(pthread_join(t->thread, NULL), "pthread_join");
	munmap(t->memory, t->bytes);
	free(t);
}

uintptr_t
host_thread_stack(const struct host_thread *t)
{
	return ((uintptr_t)t->memory + RESERVE_BYTES);
}

bool
host_thread_overran(const struct host_thread *t)
{
	size_t i;

	if (STACK_FACTOR > 1)
		return (false);
	for (i = 0; i < RESERVE_BYTES; i++)
		if (t->memory[i] != RESERVE_FILL)
			return (true);
	return (false);
}

void *
host_self(void)
{
	return (self);
}

void
host_set_self(void *p)
{
	self = p;
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

uint64_t
host_monotonic_ns(void)
{
	return (clock_ns(CLOCK_MONOTONIC));
}

uint64_t
host_wall_ns(void)
{
	return (clock_ns(CLOCK_REALTIME));
}

void
host_sleep_ns(uint64_t ns)
{
	struct timespec ts = {
	    (time_t)(ns / 1000000000), (long)(ns % 1000000000)};

	nanosleep(&ts, NULL);
}

void
host_yield(void)
{
	sched_yield();
}

void
host_random(void *buf, size_t len)
{
	uint8_t *at = buf;

	for (; len > 0;
	    at += len < 256 ? len : 256, len -= len < 256 ? len : 256)
		if (getrandom(at, len < 256 ? len : 256, 0) < 0)
			host_die("getrandom");
}

int
host_format(char *buf, size_t size, const char *format, va_list ap)
{
	return (vsnprintf(buf, size, format, ap));
}

void *
host_load(const char *path, char *why, size_t size)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (object == NULL)
		snprintf(why, size, "%s", dlerror());
	return (object);
}

void *
host_symbol(void *object, const char *name)
{
	return (dlsym(object, name));
}

void
host_unload(void *object)
{
	dlclose(object);
}

void
host_name_of(const void *address, char *name, size_t size)
{
	Dl_info info;

	if (dladdr(address, &info) == 0)
		snprintf(name, size, "%p", address);
	else if (info.dli_sname == NULL)
		snprintf(name, size, "%s+0x%zx", info.dli_fname,
		    (size_t)((uintptr_t)address - (uintptr_t)info.dli_fbase));
	else
		snprintf(name, size, "%s+0x%zx", info.dli_sname,
		    (size_t)((uintptr_t)address - (uintptr_t)info.dli_saddr));
}

bool
host_same_object(const void *a, const void *b)
{
	Dl_info ia, ib;

	return (dladdr(a, &ia) != 0 && dladdr(b, &ib) != 0 &&
	    ia.dli_fbase == ib.dli_fbase);
}
