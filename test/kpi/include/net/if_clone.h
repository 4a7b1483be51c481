/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Interfaces that ifconfig(8) makes.
 */
#ifndef KPI_NET_IF_CLONE_H
#define KPI_NET_IF_CLONE_H

#include <sys/types.h>
#include <kpi/kpi.h>
#define IFC_NOGROUP	0x2
#define IFC_F_NOGROUP	0x0001
#define IFC_F_AUTOUNIT	0x0002
#define IFC_F_SYSSPACE	0x0004
#define IFC_F_FORCE	0x0008
#define IFC_F_CREATE	0x0010
#define IFC_F_LIMITUNIT 0x0020
#define CLONE_COMPAT_13 1
struct if_clone;
struct ifc_data {
	uint32_t flags;
	uint32_t unit;
	void *params;
	struct vnet *vnet;
};
typedef int ifc_match_f(struct if_clone *, const char *);
typedef int ifc_create_f(
    struct if_clone *, char *, size_t, struct ifc_data *, struct ifnet **);
typedef int ifc_destroy_f(struct if_clone *, struct ifnet *, uint32_t);
struct if_clone_addreq {
	uint16_t version;
	uint16_t spare;
	uint32_t flags;
	uint32_t maxunit;
	ifc_match_f *match_f;
	ifc_create_f *create_f;
	ifc_destroy_f *destroy_f;
};
struct if_clone *ifc_attach_cloner(const char *, struct if_clone_addreq *)
    KPI_NAME(ifc_attach_cloner);
void ifc_detach_cloner(struct if_clone *) KPI_NAME(ifc_detach_cloner);
int ifc_create_ifp(const char *, struct ifc_data *, struct ifnet **)
    KPI_NAME(ifc_create_ifp);
typedef int ifcs_create_t(struct if_clone *, int, caddr_t);
typedef void ifcs_destroy_t(struct ifnet *);
struct if_clone *if_clone_simple(const char *, ifcs_create_t, ifcs_destroy_t,
    u_int) KPI_NAME(if_clone_simple);
void if_clone_detach(struct if_clone *) KPI_NAME(if_clone_detach);
#ifndef KPI_INSIDE
#define ifc_attach_cloner(...) KPI_CALL(ifc_attach_cloner, __VA_ARGS__)
#define ifc_detach_cloner(c)   KPI_CALL(ifc_detach_cloner, c)
#define if_clone_simple(...)   KPI_CALL(if_clone_simple, __VA_ARGS__)
#define if_clone_detach(c)     KPI_CALL(if_clone_detach, c)
#define ifc_create_ifp(...)    KPI_CALL(ifc_create_ifp, __VA_ARGS__)
#endif
int if_clone_create(char *, size_t, caddr_t) KPI_NAME(if_clone_create);
int if_clone_destroy(const char *) KPI_NAME(if_clone_destroy);
#ifndef KPI_INSIDE
#define if_clone_create(...)   KPI_CALL(if_clone_create, __VA_ARGS__)
#define if_clone_destroy(name) KPI_CALL(if_clone_destroy, name)
#endif

#endif /* KPI_NET_IF_CLONE_H */
