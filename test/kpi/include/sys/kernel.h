/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is run at load and unload; tunables.
 */
#ifndef KPI_SYS_KERNEL_H
#define KPI_SYS_KERNEL_H

#include <sys/linker_set.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <kpi/kpi.h>

enum sysinit_sub_id {
	SI_SUB_TUNABLES = 0x0700000,
	SI_SUB_KMEM = 0x1800000,
	SI_SUB_LOCK = 0x1B00000,
	SI_SUB_EVENTHANDLER = 0x1C00000,
	SI_SUB_VNET_PRELINK = 0x1E00000,
	SI_SUB_VNET = 0x1E00001,
	SI_SUB_KLD = 0x2000000,
	SI_SUB_SYSCTLS = 0x2A00000,
	SI_SUB_CONFIGURE = 0x3800000,
	SI_SUB_PROTO_BEGIN = 0x8000000,
	SI_SUB_PROTO_IFATTACHDOMAIN = 0x8800000,
	SI_SUB_PSEUDO = 0x7000000,
	SI_SUB_NETGRAPH = 0x7C00000,
	SI_SUB_DTRACE = 0x9000000,
	SI_SUB_LAST = 0xfffffff,
};
enum sysinit_elem_order {
	SI_ORDER_FIRST = 0x0000000,
	SI_ORDER_SECOND = 0x0000001,
	SI_ORDER_THIRD = 0x0000002,
	SI_ORDER_FOURTH = 0x0000003,
	SI_ORDER_MIDDLE = 0x1000000,
	SI_ORDER_ANY = 0xfffffff,
};

struct sysinit {
	unsigned subsystem;
	unsigned order;
	void (*func)(const void *);
	const void *udata;
};

#define KPI_SYSINIT(set, name, sub, ord, f, arg)                          \
	static const struct sysinit name##_##set = {(sub), (ord),         \
	    (void (*)(const void *))(uintptr_t)(f), (const void *)(arg)}; \
	DATA_SET(set, name##_##set)
#define SYSINIT(name, sub, ord, f, arg) \
	KPI_SYSINIT(sysinit_set, name, sub, ord, f, arg)
#define SYSUNINIT(name, sub, ord, f, arg) \
	KPI_SYSINIT(sysuninit_set, name, sub, ord, f, arg)

int kpi_tunable_int(const char *, int *) KPI_NAME(tunable_int);
int kpi_tunable_string(const char *, char *, int) KPI_NAME(tunable_string);
#define TUNABLE_INT_FETCH(path, var) kpi_tunable_int((path), (var))
#define TUNABLE_STR_FETCH(path, var, size) \
	kpi_tunable_string((path), (var), (int)(size))

extern int cold KPI_NAME(cold);

#endif /* KPI_SYS_KERNEL_H */
