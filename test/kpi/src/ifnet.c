/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * ifnet(9): interfaces and their accessors.
 */
#include "kernel.h"
#include "ifnet.h"
#include "mbuf.h"

#include <sys/sockio.h>

#include <net/if_types.h>
#include <net/vnet.h>

static struct vnet first_vnet = {0, "vnet0"};
struct vnet *vnet0 = &first_vnet;
struct ifnet *interfaces;

bool (*netgraph_input)(struct ifnet *, struct mbuf **);
bool (*netgraph_output)(struct ifnet *, struct mbuf **, int *);
void (*netgraph_attach)(struct ifnet *);
void (*netgraph_detach)(struct ifnet *);
void (*netgraph_link_state)(struct ifnet *, int);

void
kpi_vnet_set(const struct kpi_place *place, struct vnet *vnet)
{
	if (vnet == NULL)
		violation("CURVNET_SET to nothing in %s", place_text(place));
	curvnet = vnet;
}

static void
needs_vnet(const char *call)
{
	if (curvnet == NULL)
		violation("%s in %s without a vnet", call, place_text(here()));
}

static void
check(struct ifnet *ifp, const char *call)
{
	if (!thing_is(KIND_IFNET, ifp))
		violation("%s in %s of an interface that is not there", call,
		    place_text(here()));
}

struct ifnet *
if_alloc(u_char type)
{
	static u_int next_index = 1;
	struct ifnet *ifp;

	may_sleep("if_alloc");
	needs_vnet("if_alloc");
	if (fault("if_alloc"))
		return (NULL);
	ifp = host_alloc(sizeof(*ifp));
	ifp->type = type;
	ifp->references = 1;
	ifp->vnet = curvnet;
	big_lock();
	ifp->index = next_index++;
	big_unlock();
	thing_made(KIND_IFNET, ifp, "interface", sizeof(*ifp));
	return (ifp);
}

void
if_ref(struct ifnet *ifp)
{
	__atomic_add_fetch(&ifp->references, 1, __ATOMIC_ACQ_REL);
}

bool
if_try_ref(struct ifnet *ifp)
{
	if (ifp->dying)
		return (false);
	if_ref(ifp);
	return (true);
}

void
if_rele(struct ifnet *ifp)
{
	if (!thing_is(KIND_IFNET, ifp)) {
		check(ifp, "if_rele");
		return;
	}
	if (__atomic_sub_fetch(&ifp->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (thing_gone(KIND_IFNET, ifp, "if_free", NULL))
		memory_retire(ifp, sizeof(*ifp));
}

void
if_free(struct ifnet *ifp)
{
	check(ifp, "if_free");
	may_sleep("if_free");
	if (ifp->attached)
		violation("if_free in %s of interface %s, which is attached",
		    place_text(here()), ifp->name);
	ifp->dying = true;
	if_rele(ifp);
}

void
if_initname(struct ifnet *ifp, const char *name, int unit)
{
	ifp->dname = name;
	ifp->unit = unit;
	if (unit >= 0)
		snprintf(ifp->name, sizeof(ifp->name), "%s%d", name, unit);
	else
		strlcpy(ifp->name, name, sizeof(ifp->name));
}

int
if_printf(struct ifnet *ifp, const char *format, ...)
{
	va_list ap;

	printf("%s: ", ifp->name);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	return (0);
}

struct ifnet *
interface_find(const char *name)
{
	struct ifnet *ifp;

	big_lock();
	for (ifp = interfaces; ifp != NULL; ifp = ifp->next)
		if (strings_equal(ifp->name, name)) {
			if_ref(ifp);
			break;
		}
	big_unlock();
	return (ifp);
}

struct ifnet *
ifunit_ref(const char *name)
{
	struct ifnet *ifp;

	needs_vnet("ifunit_ref");
	ifp = interface_find(name);
	if (ifp != NULL && ifp->vnet != curvnet) {
		if_rele(ifp);
		return (NULL);
	}
	return (ifp);
}

struct ifnet *
ifunit(const char *name)
{
	struct ifnet *ifp = ifunit_ref(name);

	if (ifp != NULL)
		__atomic_sub_fetch(&ifp->references, 1, __ATOMIC_ACQ_REL);
	return (ifp);
}

struct ifnet *
ifnet_byindex_ref(u_int index)
{
	struct ifnet *ifp;

	big_lock();
	for (ifp = interfaces; ifp != NULL; ifp = ifp->next)
		if (ifp->index == index) {
			if_ref(ifp);
			break;
		}
	big_unlock();
	return (ifp);
}

struct ifnet *
ifnet_byindex(u_int index)
{
	struct ifnet *ifp;

	if (self()->epoch == 0)
		violation("ifnet_byindex in %s outside of the net epoch",
		    place_text(here()));
	ifp = ifnet_byindex_ref(index);
	if (ifp != NULL)
		__atomic_sub_fetch(&ifp->references, 1, __ATOMIC_ACQ_REL);
	return (ifp);
}

#define GETTER(type, function, member)   \
	type function(struct ifnet *ifp) \
	{                                \
		check(ifp, #function);   \
		return (ifp->member);    \
	}
GETTER(const char *, if_name, name)
GETTER(void *, if_getsoftc, softc)
GETTER(int, if_getflags, flags)
GETTER(int, if_getdrvflags, drvflags)
GETTER(int, if_getcapabilities, capabilities)
GETTER(int, if_getcapenable, capenable)
GETTER(int, if_gethwassist, hwassist)
GETTER(int, if_getmtu, mtu)
GETTER(uint64_t, if_getbaudrate, baudrate)
GETTER(int, if_gettype, type)
GETTER(u_int, if_getindex, index)
GETTER(int, if_getlinkstate, link)
GETTER(int, if_getdunit, unit)
GETTER(const char *, if_getdname, dname)
GETTER(struct vnet *, if_getvnet, vnet)
GETTER(if_input_fn_t, if_getinputfn, input)

char *
if_getlladdr(struct ifnet *ifp)
{
	check(ifp, "if_getlladdr");
	return ((char *)ifp->address);
}

int
if_getamcount(struct ifnet *ifp)
{
	return (0);
}

#define SETTER(result, answer, function, type, member) \
	result function(struct ifnet *ifp, type value) \
	{                                              \
		check(ifp, #function);                 \
		ifp->member = value;                   \
		answer;                                \
	}
SETTER(void *, return (NULL), if_setsoftc, void *, softc)
SETTER(int, return (0), if_setflags, int, flags)
SETTER(int, return (0), if_setdrvflags, int, drvflags)
SETTER(int, return (0), if_setcapabilities, int, capabilities)
SETTER(int, return (0), if_setcapenable, int, capenable)
SETTER(int, return (0), if_sethwassist, int, hwassist)
SETTER(int, return (0), if_setmtu, int, mtu)
SETTER(int, return (0), if_setbaudrate, uint64_t, baudrate)
SETTER(void, return, if_setinitfn, if_init_fn_t, init)
SETTER(void, return, if_setioctlfn, if_ioctl_fn_t, ioctl)
SETTER(void, return, if_setstartfn, if_start_fn_t, start)
SETTER(void, return, if_settransmitfn, if_transmit_fn_t, transmit)
SETTER(void, return, if_setqflushfn, if_qflush_fn_t, qflush)
SETTER(void, return, if_setinputfn, if_input_fn_t, input)

#define BITS_SETTER(function, member)                       \
	int function(struct ifnet *ifp, int set, int clear) \
	{                                                   \
		check(ifp, #function);                      \
		ifp->member = (ifp->member | set) & ~clear; \
		return (0);                                 \
	}
BITS_SETTER(if_setflagbits, flags)
BITS_SETTER(if_setdrvflagbits, drvflags)
BITS_SETTER(if_setcapabilitiesbit, capabilities)
BITS_SETTER(if_setcapenablebit, capenable)
BITS_SETTER(if_sethwassistbits, hwassist)

int
if_togglecapenable(struct ifnet *ifp, int bits)
{
	ifp->capenable ^= bits;
	return (0);
}

int
if_setlladdr(struct ifnet *ifp, const u_char *address, int len)
{
	may_sleep("if_setlladdr");
	memcpy(ifp->address, address, ETHER_ADDR_LEN);
	event_ifnet("iflladdr_event", ifp);
	return (0);
}

void
if_inc_counter(struct ifnet *ifp, ift_counter which, int64_t n)
{
	check(ifp, "if_inc_counter");
	__atomic_fetch_add(
	    &ifp->counters[which], (uint64_t)n, __ATOMIC_RELAXED);
}

uint64_t
if_getcounter(struct ifnet *ifp, ift_counter which)
{
	return (__atomic_load_n(&ifp->counters[which], __ATOMIC_RELAXED));
}

void
if_link_state_change(struct ifnet *ifp, int state)
{
	check(ifp, "if_link_state_change");
	if (ifp->link == state)
		return;
	ifp->link = state;
	if (ifp->simulated) {
		event_ifnet_int("ifnet_link_event", ifp, state);
		if (netgraph_link_state != NULL)
			netgraph_link_state(ifp, state);
	}
}

int
ifpromisc(struct ifnet *ifp, int on)
{
	check(ifp, "ifpromisc");
	may_sleep("ifpromisc");
	needs_vnet("ifpromisc");
	if (on && fault("ifpromisc"))
		return (ENXIO);
	ifp->promiscuous += on ? 1 : -1;
	if (ifp->promiscuous < 0)
		violation("ifpromisc in %s: less than never on %s",
		    place_text(here()), ifp->name);
	ifp->flags = ifp->promiscuous > 0 ? ifp->flags | IFF_PROMISC :
					    ifp->flags & ~IFF_PROMISC;
	return (0);
}

void
if_input(struct ifnet *ifp, struct mbuf *m)
{
	check(ifp, "if_input");
	if (self()->epoch == 0)
		violation("if_input in %s outside of the net epoch",
		    place_text(here()));
	ifp->input(ifp, m);
}

int
if_transmit(struct ifnet *ifp, struct mbuf *m)
{
	check(ifp, "if_transmit");
	if (self()->epoch == 0)
		violation("if_transmit in %s outside of the net epoch",
		    place_text(here()));
	packet_check(m, ifp->name);
	return (ifp->transmit(ifp, m));
}

int
interface_ioctl(struct ifnet *ifp, u_long command, int value)
{
	struct ifreq request;
	int error, before = ifp->flags;

	memset(&request, 0, sizeof(request));
	strlcpy(request.ifr_name, ifp->name, sizeof(request.ifr_name));
	switch (command) {
	case SIOCSIFFLAGS:
		ifp->flags = value ? ifp->flags | IFF_UP : ifp->flags & ~IFF_UP;
		break;
	case SIOCSIFMTU:
		request.ifr_mtu = value;
		break;
	case SIOCSIFCAP:
		request.ifr_reqcap = value;
		request.ifr_curcap = ifp->capenable;
		break;
	}
	if (ifp->ioctl == NULL)
		return (EOPNOTSUPP);
	error = ifp->ioctl(ifp, command, (caddr_t)&request);
	if (command == SIOCSIFFLAGS && before != ifp->flags)
		event_ifnet_int("ifnet_event", ifp,
		    value ? IFNET_EVENT_UP : IFNET_EVENT_DOWN);
	return (error);
}

int
if_rename(struct ifnet *ifp, char *name)
{
	event_ifnet("ifnet_departure_event", ifp);
	strlcpy(ifp->name, name, sizeof(ifp->name));
	event_ifnet("ifnet_arrival_event", ifp);
	return (0);
}
