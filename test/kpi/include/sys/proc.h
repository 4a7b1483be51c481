/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Threads.
 */
#ifndef KPI_SYS_PROC_H
#define KPI_SYS_PROC_H

#include <sys/types.h>
#include <sys/pcpu.h>
#include <sys/ucred.h>
#include <sys/queue.h>
#include <sys/lock.h>
#include <sys/priority.h>

struct vnet;
struct thread {
	struct proc *td_proc;
	struct ucred *td_ucred;
	struct vnet *td_vnet;
	vm_offset_t td_kstack; /* lowest address */
	int td_kstack_pages;
	lwpid_t td_tid;
	char td_name[MAXCOMLEN + 1];
};
struct proc {
	pid_t p_pid;
	struct ucred *p_ucred;
	char p_comm[MAXCOMLEN + 1];
};
extern struct proc proc0 KPI_NAME(proc0);
extern struct thread thread0 KPI_NAME(thread0);
#define curproc		     (curthread->td_proc)
#define thread_lock(td)	     ((void)(td))
#define thread_unlock(td)    ((void)(td))
#define sched_prio(td, prio) ((void)(td), (void)(prio))
#define TD_IS_IDLETHREAD(td) false

#endif /* KPI_SYS_PROC_H */
