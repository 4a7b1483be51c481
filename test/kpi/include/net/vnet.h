/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Virtual network stacks.
 */
#ifndef KPI_NET_VNET_H
#define KPI_NET_VNET_H

#include <sys/proc.h>
#include <sys/types.h>
#include <kpi/kpi.h>
struct vnet {
	int vnet_id;
	char vnet_name[16];
};
extern struct vnet *vnet0 KPI_NAME(vnet0);
#define curvnet		      curthread->td_vnet
#define IS_DEFAULT_VNET(vnet) ((vnet) == vnet0)
#define CURVNET_SET(v)                     \
	struct vnet *saved_vnet = curvnet; \
	kpi_vnet_set(KPI_HERE, (v))
#define CURVNET_SET_QUIET(v) CURVNET_SET(v)
#define CURVNET_RESTORE()    (curvnet = saved_vnet)
void kpi_vnet_set(const struct kpi_place *, struct vnet *) KPI_NAME(vnet_set);
#define VNET_NAME(n)			       n
#define VNET_DECLARE(type, name)	       extern type name
#define VNET_DEFINE(type, name)		       type name
#define VNET_DEFINE_STATIC(type, name)	       static type name
#define VNET(name)			       name
#define VNET_SYSINIT(name, sub, ord, f, arg)   SYSINIT(name, sub, ord, f, arg)
#define VNET_SYSUNINIT(name, sub, ord, f, arg) SYSUNINIT(name, sub, ord, f, arg)

#endif /* KPI_NET_VNET_H */
