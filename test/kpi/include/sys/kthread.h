/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Kernel threads.
 */
#ifndef KPI_SYS_KTHREAD_H
#define KPI_SYS_KTHREAD_H

#include <sys/types.h>
#include <kpi/kpi.h>
int kproc_kthread_add(void (*)(void *), void *, struct proc **,
    struct thread **, int flags, int pages, const char *procname, const char *,
    ...) KPI_NAME(kproc_kthread_add) __printflike(8, 9);
int kthread_add(void (*)(void *), void *, struct proc *, struct thread **,
    int flags, int pages, const char *, ...) KPI_NAME(kthread_add)
    __printflike(7, 8);
int kproc_create(void (*)(void *), void *, struct proc **, int flags, int pages,
    const char *, ...) KPI_NAME(kproc_create) __printflike(6, 7);
void kthread_exit(void) KPI_NAME(kthread_exit) __dead2;
void kproc_exit(int) KPI_NAME(kproc_exit) __dead2;
#ifndef KPI_INSIDE
#define kproc_kthread_add(...) KPI_CALL(kproc_kthread_add, __VA_ARGS__)
#define kthread_add(...)       KPI_CALL(kthread_add, __VA_ARGS__)
#define kproc_create(...)      KPI_CALL(kproc_create, __VA_ARGS__)
#define kthread_exit()	       KPI_CALL(kthread_exit)
#endif
#define RFHIGHPID (1 << 18)

#endif /* KPI_SYS_KTHREAD_H */
