/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Printing, sleeping, assertions.
 */
#ifndef KPI_SYS_SYSTM_H
#define KPI_SYS_SYSTM_H

#include <sys/param.h>
#include <machine/atomic.h>
#include <sys/errno.h>
#include <sys/libkern.h>
#include <sys/queue.h>
#include <sys/stdarg.h>
#include <sys/time.h>
#include <kpi/kpi.h>

struct lock_object;
struct ucred;

extern int hz KPI_NAME(hz);
#define ticks kpi_ticks()
int kpi_ticks(void) KPI_NAME(ticks);

/* This kernel has INVARIANTS: what is wrong is a violation, not a panic. */
void kpi_assert_failed(const struct kpi_place *, const char *, ...)
    KPI_NAME(assert_failed) __printflike(2, 3);
#define KPI_STRIP(...) __VA_ARGS__
#define KASSERT(e, message)                                             \
	do {                                                            \
		if (__predict_false(!(e)))                              \
			kpi_assert_failed(KPI_HERE, KPI_STRIP message); \
	} while (0)
#define MPASS(e)	       KASSERT((e), ("%s", #e))
#define CTASSERT(e)	       _Static_assert(e, #e)
#define __assert_unreachable() __builtin_trap()
void panic(const char *, ...) KPI_NAME(panic) __dead2 __printflike(1, 2);

int printf(const char *, ...) KPI_NAME(printf) __printflike(1, 2);
int vprintf(const char *, va_list) KPI_NAME(vprintf) __printflike(1, 0);
int snprintf(char *, size_t, const char *, ...) KPI_NAME(snprintf)
    __printflike(3, 4);
int vsnprintf(char *, size_t, const char *, va_list) KPI_NAME(vsnprintf)
    __printflike(3, 0);
int sprintf(char *, const char *, ...) KPI_NAME(sprintf) __printflike(2, 3);
void log(int, const char *, ...) KPI_NAME(log) __printflike(2, 3);
void vlog(int, const char *, va_list) KPI_NAME(vlog) __printflike(2, 0);
int ppsratecheck(struct timeval *, int *, int) KPI_NAME(ppsratecheck);
int ratecheck(struct timeval *, const struct timeval *) KPI_NAME(ratecheck);

#define C_HARDCLOCK 0x0100
#define C_ABSOLUTE  0x0200
#define C_PREL(x)   (((x) + 1) << 1)

int kpi_sleep(const void *, struct lock_object *, int, const char *, sbintime_t,
    int) KPI_NAME(sleep);
#define msleep(chan, lock, pri, message, timo)                              \
	KPI_CALL(kpi_sleep, (chan), &(lock)->lock_object, (pri), (message), \
	    (timo) == 0 ? 0 : kpi_ticks_sbt(timo), 0)
#define msleep_sbt(chan, lock, pri, message, sbt, precision, flags)         \
	KPI_CALL(kpi_sleep, (chan), &(lock)->lock_object, (pri), (message), \
	    (sbt), (flags))
#define sx_sleep msleep
#define tsleep(chan, pri, message, timo)                    \
	KPI_CALL(kpi_sleep, (chan), NULL, (pri), (message), \
	    (timo) == 0 ? 0 : kpi_ticks_sbt(timo), 0)
#define tsleep_sbt(chan, pri, message, sbt, precision, flags) \
	KPI_CALL(kpi_sleep, (chan), NULL, (pri), (message), (sbt), (flags))
sbintime_t kpi_ticks_sbt(int) KPI_NAME(ticks_sbt);
void wakeup(const void *) KPI_NAME(wakeup);
void wakeup_one(const void *) KPI_NAME(wakeup_one);
void wakeup_any(const void *) KPI_NAME(wakeup_any);
int pause_sbt(const char *, sbintime_t, sbintime_t, int) KPI_NAME(pause_sbt);
#ifndef KPI_INSIDE
#define pause(message, timo) \
	KPI_CALL(pause_sbt, (message), kpi_ticks_sbt(timo), 0, 0)
#define pause_sbt(...) KPI_CALL(pause_sbt, __VA_ARGS__)
#endif
void DELAY(int) KPI_NAME(DELAY);

bool should_yield(void) KPI_NAME(should_yield);
void kern_yield(int) KPI_NAME(kern_yield);
void maybe_yield(void) KPI_NAME(maybe_yield);

int securelevel_gt(struct ucred *, int) KPI_NAME(securelevel_gt);
int securelevel_ge(struct ucred *, int) KPI_NAME(securelevel_ge);
int copyin(const void *, void *, size_t) KPI_NAME(copyin);
int copyout(const void *, void *, size_t) KPI_NAME(copyout);

char *kern_getenv(const char *) KPI_NAME(kern_getenv);
void freeenv(char *) KPI_NAME(freeenv);
int getenv_int(const char *, int *) KPI_NAME(getenv_int);
int getenv_string(const char *, char *, int) KPI_NAME(getenv_string);

int root_mounted(void) KPI_NAME(root_mounted);

#define critical_enter() ((void)0)
#define critical_exit()	 ((void)0)

#endif /* KPI_SYS_SYSTM_H */
