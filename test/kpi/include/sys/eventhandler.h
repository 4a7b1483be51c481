/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Handlers of the kernel's events.
 */
#ifndef KPI_SYS_EVENTHANDLER_H
#define KPI_SYS_EVENTHANDLER_H

#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <kpi/kpi.h>

typedef struct eventhandler_entry *eventhandler_tag;
#define EVENTHANDLER_PRI_FIRST 0
#define EVENTHANDLER_PRI_ANY   10000
#define EVENTHANDLER_PRI_LAST  20000

#define EVENTHANDLER_DECLARE(name, type) \
	typedef __typeof__(type) kpi_event_##name

eventhandler_tag kpi_event_register(const char *name, void *function, void *arg,
    int priority) KPI_NAME(event_register);
void kpi_event_deregister(const char *name, eventhandler_tag)
    KPI_NAME(event_deregister);
#define EVENTHANDLER_REGISTER(name, f, arg, priority)               \
	(kpi_at(KPI_HERE),                                          \
	    kpi_event_register(#name,                               \
		(void *)(uintptr_t)(kpi_event_##name) {(f)}, (arg), \
		(priority)))
#define EVENTHANDLER_DEREGISTER(name, tag) \
	KPI_CALL(kpi_event_deregister, #name, tag)

struct linker_file;
EVENTHANDLER_DECLARE(mountroot, void (*)(void *));
EVENTHANDLER_DECLARE(kld_load, void (*)(void *, struct linker_file *));
EVENTHANDLER_DECLARE(
    kld_unload, void (*)(void *, const char *, caddr_t, size_t));
EVENTHANDLER_DECLARE(
    kld_unload_try, void (*)(void *, struct linker_file *, int *));
EVENTHANDLER_DECLARE(shutdown_pre_sync, void (*)(void *, int));
EVENTHANDLER_DECLARE(shutdown_post_sync, void (*)(void *, int));
EVENTHANDLER_DECLARE(shutdown_final, void (*)(void *, int));
EVENTHANDLER_DECLARE(ifnet_arrival_event, void (*)(void *, struct ifnet *));
EVENTHANDLER_DECLARE(ifnet_departure_event, void (*)(void *, struct ifnet *));
EVENTHANDLER_DECLARE(ifnet_link_event, void (*)(void *, struct ifnet *, int));
EVENTHANDLER_DECLARE(ifnet_event, void (*)(void *, struct ifnet *, int));
EVENTHANDLER_DECLARE(iflladdr_event, void (*)(void *, struct ifnet *));
EVENTHANDLER_DECLARE(vm_lowmem, void (*)(void *, int));

#endif /* KPI_SYS_EVENTHANDLER_H */
