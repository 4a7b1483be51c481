/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Interfaces, as drivers see them: only through accessors.
 */
#ifndef KPI_NET_IF_VAR_H
#define KPI_NET_IF_VAR_H

#include <sys/epoch.h>
#include <sys/eventhandler.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <net/if.h>
#include <net/vnet.h>
#include <kpi/kpi.h>

#ifndef KPI_INSIDE
/* What of it has no accessor; the rest is nobody's business. */
struct ifnet {
	void *if_bridge;
	void *if_carp;
	void *if_hw_addr;
	u_int if_hw_tsomax;
	u_int if_hw_tsomaxsegcount;
	u_int if_hw_tsomaxsegsize;
};
#endif

typedef enum {
	IFCOUNTER_IPACKETS = 0,
	IFCOUNTER_IERRORS,
	IFCOUNTER_OPACKETS,
	IFCOUNTER_OERRORS,
	IFCOUNTER_COLLISIONS,
	IFCOUNTER_IBYTES,
	IFCOUNTER_OBYTES,
	IFCOUNTER_IMCASTS,
	IFCOUNTER_OMCASTS,
	IFCOUNTER_IQDROPS,
	IFCOUNTER_OQDROPS,
	IFCOUNTER_NOPROTO,
	IFCOUNTERS
} ift_counter;

typedef void (*if_init_fn_t)(void *);
typedef void (*if_input_fn_t)(if_t, struct mbuf *);
typedef int (*if_ioctl_fn_t)(if_t, u_long, caddr_t);
typedef void (*if_start_fn_t)(if_t);
typedef int (*if_transmit_fn_t)(if_t, struct mbuf *);
typedef void (*if_qflush_fn_t)(if_t);

#define IFNET_EVENT_UP		    0
#define IFNET_EVENT_DOWN	    1
#define IFNET_EVENT_PCP		    2
#define IFNET_EVENT_UPDATE_BAUDRATE 3

if_t if_alloc(u_char) KPI_NAME(if_alloc);
void if_free(if_t) KPI_NAME(if_free);
void if_ref(if_t) KPI_NAME(if_ref);
void if_rele(if_t) KPI_NAME(if_rele);
bool if_try_ref(if_t) KPI_NAME(if_try_ref);
void if_initname(if_t, const char *, int) KPI_NAME(if_initname);
int if_printf(if_t, const char *, ...) KPI_NAME(if_printf) __printflike(2, 3);
const char *if_name(if_t) KPI_NAME(if_name);
void *if_getsoftc(if_t) KPI_NAME(if_getsoftc);
void *if_setsoftc(if_t, void *) KPI_NAME(if_setsoftc);
int if_getflags(if_t) KPI_NAME(if_getflags);
int if_setflags(if_t, int) KPI_NAME(if_setflags);
int if_setflagbits(if_t, int, int) KPI_NAME(if_setflagbits);
int if_getdrvflags(if_t) KPI_NAME(if_getdrvflags);
int if_setdrvflags(if_t, int) KPI_NAME(if_setdrvflags);
int if_setdrvflagbits(if_t, int, int) KPI_NAME(if_setdrvflagbits);
int if_getcapabilities(if_t) KPI_NAME(if_getcapabilities);
int if_setcapabilities(if_t, int) KPI_NAME(if_setcapabilities);
int if_setcapabilitiesbit(if_t, int, int) KPI_NAME(if_setcapabilitiesbit);
int if_getcapenable(if_t) KPI_NAME(if_getcapenable);
int if_setcapenable(if_t, int) KPI_NAME(if_setcapenable);
int if_setcapenablebit(if_t, int, int) KPI_NAME(if_setcapenablebit);
int if_togglecapenable(if_t, int) KPI_NAME(if_togglecapenable);
int if_gethwassist(if_t) KPI_NAME(if_gethwassist);
int if_sethwassist(if_t, int) KPI_NAME(if_sethwassist);
int if_sethwassistbits(if_t, int, int) KPI_NAME(if_sethwassistbits);
int if_getmtu(if_t) KPI_NAME(if_getmtu);
int if_setmtu(if_t, int) KPI_NAME(if_setmtu);
uint64_t if_getbaudrate(if_t) KPI_NAME(if_getbaudrate);
int if_setbaudrate(if_t, uint64_t) KPI_NAME(if_setbaudrate);
int if_gettype(if_t) KPI_NAME(if_gettype);
u_int if_getindex(if_t) KPI_NAME(if_getindex);
int if_getlinkstate(if_t) KPI_NAME(if_getlinkstate);
char *if_getlladdr(if_t) KPI_NAME(if_getlladdr);
int if_setlladdr(if_t, const u_char *, int) KPI_NAME(if_setlladdr);
int if_getdunit(if_t) KPI_NAME(if_getdunit);
const char *if_getdname(if_t) KPI_NAME(if_getdname);
int if_getamcount(if_t) KPI_NAME(if_getamcount);
struct vnet *if_getvnet(if_t) KPI_NAME(if_getvnet);
void if_setinitfn(if_t, if_init_fn_t) KPI_NAME(if_setinitfn);
void if_setioctlfn(if_t, if_ioctl_fn_t) KPI_NAME(if_setioctlfn);
void if_setstartfn(if_t, if_start_fn_t) KPI_NAME(if_setstartfn);
void if_settransmitfn(if_t, if_transmit_fn_t) KPI_NAME(if_settransmitfn);
void if_setqflushfn(if_t, if_qflush_fn_t) KPI_NAME(if_setqflushfn);
void if_setinputfn(if_t, if_input_fn_t) KPI_NAME(if_setinputfn);
if_input_fn_t if_getinputfn(if_t) KPI_NAME(if_getinputfn);
void if_input(if_t, struct mbuf *) KPI_NAME(if_input);
int if_transmit(if_t, struct mbuf *) KPI_NAME(if_transmit);
void if_link_state_change(if_t, int) KPI_NAME(if_link_state_change);
void if_inc_counter(if_t, ift_counter, int64_t) KPI_NAME(if_inc_counter);
uint64_t if_getcounter(if_t, ift_counter) KPI_NAME(if_getcounter);
int ifpromisc(if_t, int) KPI_NAME(ifpromisc);
if_t ifunit(const char *) KPI_NAME(ifunit);
if_t ifunit_ref(const char *) KPI_NAME(ifunit_ref);
if_t ifnet_byindex(u_int) KPI_NAME(ifnet_byindex);
if_t ifnet_byindex_ref(u_int) KPI_NAME(ifnet_byindex_ref);
int if_rename(if_t, char *) KPI_NAME(if_rename);

#ifndef KPI_INSIDE
#define if_alloc(type)	    KPI_CALL(if_alloc, type)
#define if_free(ifp)	    KPI_CALL(if_free, ifp)
#define if_rele(ifp)	    KPI_CALL(if_rele, ifp)
#define if_input(ifp, m)    KPI_CALL(if_input, ifp, m)
#define if_transmit(ifp, m) KPI_CALL(if_transmit, ifp, m)
#define ifunit_ref(name)    KPI_CALL(ifunit_ref, name)
#define ifpromisc(ifp, on)  KPI_CALL(ifpromisc, ifp, on)
#endif

#endif /* KPI_NET_IF_VAR_H */
