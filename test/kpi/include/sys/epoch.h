/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Epochs.
 */
#ifndef KPI_SYS_EPOCH_H
#define KPI_SYS_EPOCH_H

#include <sys/types.h>
#include <kpi/kpi.h>

struct epoch_tracker {
	struct thread *et_thread;
	unsigned et_depth;
	int et_in;
};
typedef struct epoch_tracker *epoch_tracker_t;
struct epoch_context {
	void *data[2];
};
typedef struct epoch_context *epoch_context_t;
typedef void epoch_callback_t(epoch_context_t);

void kpi_epoch_enter(struct epoch_tracker *) KPI_NAME(epoch_enter);
void kpi_epoch_exit(struct epoch_tracker *) KPI_NAME(epoch_exit);
void kpi_epoch_wait(void) KPI_NAME(epoch_wait);
void kpi_epoch_call(epoch_callback_t *, epoch_context_t) KPI_NAME(epoch_call);
void kpi_epoch_drain(void) KPI_NAME(epoch_drain);
int kpi_in_epoch(void) KPI_NAME(in_epoch);
#define NET_EPOCH_ENTER(et)	    KPI_CALL(kpi_epoch_enter, &(et))
#define NET_EPOCH_EXIT(et)	    KPI_CALL(kpi_epoch_exit, &(et))
#define NET_EPOCH_WAIT()	    KPI_CALL(kpi_epoch_wait)
#define NET_EPOCH_CALL(f, c)	    KPI_CALL(kpi_epoch_call, f, c)
#define NET_EPOCH_DRAIN_CALLBACKS() KPI_CALL(kpi_epoch_drain)
typedef int *epoch_t;
#define net_epoch_preempt	   ((epoch_t)NULL)
#define epoch_enter_preempt(e, et) KPI_CALL(kpi_epoch_enter, (et))
#define epoch_exit_preempt(e, et)  KPI_CALL(kpi_epoch_exit, (et))
#define epoch_wait_preempt(e)	   KPI_CALL(kpi_epoch_wait)
#define in_epoch(epoch)		   kpi_in_epoch()
#define NET_EPOCH_ASSERT()	   MPASS(kpi_in_epoch())

#endif /* KPI_SYS_EPOCH_H */
