/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The machine below the double: memory, threads, clocks.  host.c is the only
 * file that sees the C library's headers; everything else sees the kernel's.
 */
#ifndef KPI_HOST_H
#define KPI_HOST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed; never NULL. */
void *host_alloc(size_t size);
void host_free(void *);

struct host_mutex;
struct host_cond;
struct host_thread;

struct host_mutex *host_mutex_new(void);
void host_mutex_free(struct host_mutex *);
void host_mutex_lock(struct host_mutex *);
bool host_mutex_trylock(struct host_mutex *);
void host_mutex_unlock(struct host_mutex *);

struct host_cond *host_cond_new(void);
void host_cond_free(struct host_cond *);
void host_cond_signal(struct host_cond *);
void host_cond_broadcast(struct host_cond *);
void host_cond_wait(struct host_cond *, struct host_mutex *);
/* False after so many nanoseconds. */
bool host_cond_wait_for(
    struct host_cond *, struct host_mutex *, uint64_t nanoseconds);

/* A thread on a stack of its own, the lowest address of which it gets. */
struct host_thread *host_thread_new(
    void (*)(void *argument), void *argument, size_t stack_bytes);
/* Ends the calling thread, which host_thread_new() made. */
__attribute__((noreturn)) void host_thread_end(void);
/* Waits for its end. */
void host_thread_join(struct host_thread *);
uintptr_t host_thread_stack(const struct host_thread *);
/* Did it use memory below its stack, where there is some in reserve? */
bool host_thread_overran(const struct host_thread *);

/* One pointer for each thread of the process. */
void *host_self(void);
void host_set_self(void *);

uint64_t host_monotonic_ns(void);
uint64_t host_wall_ns(void);
void host_sleep_ns(uint64_t);
void host_yield(void);
void host_random(void *, size_t);

int host_format(char *, size_t, const char *format, va_list);
__attribute__((noreturn)) void host_die(const char *why);
void host_complain(const char *line);

/* Loads a shared object; NULL and why. */
void *host_load(const char *path, char *why, size_t);
void *host_symbol(void *object, const char *name);
void host_unload(void *object);
/* "function+0x12" of an address, as well as it is known. */
void host_name_of(const void *address, char *name, size_t);
/* Where an object's text lies is what this address lies in? */
bool host_same_object(const void *, const void *);

#endif /* KPI_HOST_H */
