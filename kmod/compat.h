/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What differs between the versions of FreeBSD, and nothing else: all tests
 * of __FreeBSD_version are here.
 */
#ifndef MIRAGE_KMOD_COMPAT_H
#define MIRAGE_KMOD_COMPAT_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/libkern.h>
#include <sys/mbuf.h>
#include <sys/socket.h>
#include <sys/time.h>

#if __FreeBSD_version >= 1200000
#include <sys/epoch.h>
#else
#include <sys/lock.h>
#include <sys/rmlock.h>
#endif
#if __has_include(<sys/stdarg.h>)
#include <sys/stdarg.h>
#else
#include <machine/stdarg.h>
#endif

#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_var.h>
#include <net/ethernet.h>
#if __FreeBSD_version >= 1500000
#include <net/if_private.h>
#endif

/* The kernel that the module is compiled for, as text. */
#define MRG_OSRELDATE __XSTRING(__FreeBSD_version)

/* Where an mbuf's storage begins and how large it is, spare room included. */
#ifndef M_START
#define M_START(m)                                               \
	(((m)->m_flags & M_EXT)		  ? (m)->m_ext.ext_buf : \
		((m)->m_flags & M_PKTHDR) ? &(m)->m_pktdat[0] :  \
					    &(m)->m_dat[0])
#define M_SIZE(m)                                                 \
	(((m)->m_flags & M_EXT)		  ? (m)->m_ext.ext_size : \
		((m)->m_flags & M_PKTHDR) ? MHLEN :               \
					    MLEN)
#endif

/* Of how many packets a merged one is; before 12 nobody says so. */
#ifdef lro_nsegs
#define mrg_lro_packets(m)	  ((uint32_t)(m)->m_pkthdr.lro_nsegs)
#define mrg_set_lro_packets(m, n) ((m)->m_pkthdr.lro_nsegs = (uint16_t)(n))
#else
#define mrg_lro_packets(m)	  0u
#define mrg_set_lro_packets(m, n) ((void)(m), (void)(n))
#endif

/* Flags that say that the card has told when the packet arrived. */
#ifdef M_TSTMP_LRO
#define MRG_TSTMP (M_TSTMP | M_TSTMP_HPREC | M_TSTMP_LRO)
#elif defined(M_TSTMP)
#define MRG_TSTMP (M_TSTMP | M_TSTMP_HPREC)
#else
#define MRG_TSTMP 0
#endif

/*
 * What a packet on its way out holds of the card's (a rate, a TLS session): it
 * is counted, and is where input has the interface.
 */
static inline void
mrg_drop_send_tag(struct mbuf *m)
{
#ifdef CSUM_SND_TAG
	if (m->m_pkthdr.csum_flags & CSUM_SND_TAG) {
		m_snd_tag_rele(m->m_pkthdr.snd_tag);
		m->m_pkthdr.snd_tag = NULL;
		m->m_pkthdr.csum_flags &= ~CSUM_SND_TAG;
	}
#endif
}

/*
 * Giant is not ours while other locks are waited for: 12.1 gives it up at the
 * wrong moment when it waits for an epoch, so that a third thread that wants
 * it stops the machine.
 */
#if __FreeBSD_version < 1400000
#define MRG_DROP_GIANT()   DROP_GIANT()
#define MRG_PICKUP_GIANT() PICKUP_GIANT()
#else
#define MRG_DROP_GIANT() do {
#define MRG_PICKUP_GIANT() \
	}                  \
	while (0)
#endif

/*
 * Between enter and exit an interface that was found does not go away: must
 * not sleep.  nested: where netgraph calls, which before 13 is in no such
 * section.
 */
#if __FreeBSD_version >= 1200000
typedef struct epoch_tracker mrg_net_tracker;
#define mrg_net_enter(et)	 epoch_enter_preempt(net_epoch_preempt, (et))
#define mrg_net_exit(et)	 epoch_exit_preempt(net_epoch_preempt, (et))
#define mrg_net_enter_nested(et) mrg_net_enter(et)
#define mrg_net_exit_nested(et)	 mrg_net_exit(et)
#define MRG_NET_LOCK
#else
typedef struct rm_priotracker mrg_net_tracker;
extern struct rmlock mrg_net_lock;
#define mrg_net_enter(et)	 rm_rlock(&mrg_net_lock, (et))
#define mrg_net_exit(et)	 rm_runlock(&mrg_net_lock, (et))
#define mrg_net_enter_nested(et) ((void)(et))
#define mrg_net_exit_nested(et)	 ((void)(et))
#define MRG_NET_LOCK                \
	struct rmlock mrg_net_lock; \
	RM_SYSINIT(mrg_net_lock, &mrg_net_lock, "mirage interfaces");
#endif

/*
 * Waits until nobody is inside of an interface that was detached.  Before 14
 * a packet that waits for the host's network thread names its interface by
 * address, so the thread gets some time, too.
 */
static inline void
mrg_net_wait(void)
{
#if __FreeBSD_version >= 1200000
	epoch_wait_preempt(net_epoch_preempt);
#else
	rm_wlock(&mrg_net_lock);
	rm_wunlock(&mrg_net_lock);
#endif
#if __FreeBSD_version < 1400000
	pause("mrgnet", hz / 10 + 1);
#endif
}

static inline void
mrg_random(void *buf, size_t len)
{
#if __FreeBSD_version >= 1200000
	arc4random_buf(buf, len);
#else
	uint8_t *at = buf;

	for (; len > 0; at += MIN(len, 4096), len -= MIN(len, 4096))
		arc4rand(at, (u_int)MIN(len, 4096), 0);
#endif
}

/* A variable of the kernel's environment, for freeenv(); NULL: not set. */
static inline char *
mrg_getenv(const char *name)
{
#if __FreeBSD_version >= 1100000
	return (kern_getenv(name));
#else
	return (getenv(name));
#endif
}

/*
 * Nanoseconds as 32.32 fixed-point seconds, rounded up.  What does not fit (68
 * years) would be a time that has been: it is made half of that.
 */
static inline sbintime_t
mrg_nstosbt(uint64_t ns)
{
	uint64_t rest = ns % 1000000000;

	if (ns / 1000000000 > INT32_MAX / 2)
		return ((sbintime_t)(INT32_MAX / 2) << 32);
	return ((sbintime_t)(ns / 1000000000) << 32 |
	    (sbintime_t)(((rest << 32) + 999999999) / 1000000000));
}

/*
 * The callback that frees external storage: one argument, the buffer, which
 * the local form of the callback finds in different places.
 */
#if __FreeBSD_version >= 1200000
#define MRG_EXTFREE(fn, a)                      \
	static void fn##_buffer(void *);        \
	static void fn(struct mbuf *m)          \
	{                                       \
		fn##_buffer(m->m_ext.ext_arg1); \
	}                                       \
	static void fn##_buffer(void *a)
#else
#define MRG_EXTFREE(fn, a)                                \
	static void fn##_buffer(void *);                  \
	static int fn(struct mbuf *m, void *a1, void *a2) \
	{                                                 \
		fn##_buffer(a1);                          \
		return (EXT_FREE_OK);                     \
	}                                                 \
	static void fn##_buffer(void *a)
#endif

/*
 * The argument of external storage that fn frees; NULL if it is another's.
 * From 12 on a copy of the mbuf has neither: there is what the memory held
 * before.  They are in the mbuf that has the count, which each copy refers to.
 */
#define MRG_EXT_ARG(m, fn)                               \
	((mrg_ext_owner(m) != NULL &&                    \
	     mrg_ext_owner(m)->m_ext.ext_free == (fn)) ? \
		mrg_ext_owner(m)->m_ext.ext_arg1 :       \
		NULL)
static inline const struct mbuf *
mrg_ext_owner(const struct mbuf *m)
{
	if ((m->m_flags & M_EXT) == 0 || m->m_ext.ext_type != EXT_MOD_TYPE)
		return (NULL);
#if __FreeBSD_version >= 1200000
	if ((m->m_ext.ext_flags & EXT_FLAG_EMBREF) == 0)
		return (__containerof(
		    m->m_ext.ext_cnt, struct mbuf, m_ext.ext_count));
#endif
	return (m);
}

/* False when there is no memory for it (before 12). */
#if __FreeBSD_version >= 1200000
#define MRG_EXTADD(m, data, len, fn, arg)                                  \
	(m_extadd((m), (char *)(data), (len), (fn), (arg), NULL, M_RDONLY, \
	     EXT_MOD_TYPE),                                                \
	    true)
#else
#define MRG_EXTADD(m, data, len, fn, arg)                                   \
	(m_extadd((m), (caddr_t)(data), (len), (fn), (arg), NULL, M_RDONLY, \
	     EXT_MOD_TYPE, M_NOWAIT) == 0)
#endif

/*
 * Makes what sendfile(2) or in-kernel TLS put into a packet readable.  Takes
 * the packet; NULL if there is no memory for it.
 */
static inline struct mbuf *
mrg_map_mbuf(struct mbuf *m)
{
#ifdef M_EXTPG
	struct mbuf *n;

	for (n = m; n != NULL; n = n->m_next)
		if (n->m_flags & M_EXTPG) {
#if __FreeBSD_version >= 1500000
			return (mb_unmapped_to_ext(m, &m) == 0 ? m : NULL);
#else
			return (mb_unmapped_to_ext(m));
#endif
		}
#endif
	return (m);
}

#if __FreeBSD_version >= 1400000
#define mrg_if_name(ifp)      if_name(ifp)
#define mrg_if_type(ifp)      if_gettype(ifp)
#define mrg_if_index(ifp)     ((uint32_t)if_getindex(ifp))
#define mrg_if_mtu(ifp)	      ((uint32_t)if_getmtu(ifp))
#define mrg_if_vnet(ifp)      if_getvnet(ifp)
#define mrg_if_getflags(ifp)  if_getflags(ifp)
#define mrg_if_lladdr(ifp)    ((const uint8_t *)if_getlladdr(ifp))
#define mrg_if_link_down(ifp) (if_getlinkstate(ifp) == LINK_STATE_DOWN)
#define mrg_if_running(ifp)                              \
	((if_getdrvflags(ifp) & IFF_DRV_RUNNING) != 0 && \
	    (if_getflags(ifp) & IFF_UP) != 0)
#else
#define if_getsoftc(ifp)	   ((ifp)->if_softc)
#define if_setsoftc(ifp, s)	   ((ifp)->if_softc = (s))
#define if_getflags(ifp)	   ((ifp)->if_flags)
#define if_setflags(ifp, f)	   ((ifp)->if_flags = (f))
#define if_setcapabilities(ifp, c) ((ifp)->if_capabilities = (c))
#define if_getcapenable(ifp)	   ((ifp)->if_capenable)
#define if_setcapenable(ifp, c)	   ((ifp)->if_capenable = (c))
#define if_gethwassist(ifp)	   ((ifp)->if_hwassist)
#define if_sethwassist(ifp, h)	   ((ifp)->if_hwassist = (h))
#define if_setinitfn(ifp, f)	   ((ifp)->if_init = (f))
#define if_setioctlfn(ifp, f)	   ((ifp)->if_ioctl = (f))
#define if_settransmitfn(ifp, f)   ((ifp)->if_transmit = (f))
#define if_setqflushfn(ifp, f)	   ((ifp)->if_qflush = (f))
#define if_setmtu(ifp, mtu)	   ((ifp)->if_mtu = (mtu))
#define if_setdrvflagbits(ifp, set, clear) \
	((ifp)->if_drv_flags = ((ifp)->if_drv_flags | (set)) & ~(clear))
#define mrg_if_name(ifp)      ((ifp)->if_xname)
#define mrg_if_type(ifp)      ((ifp)->if_type)
#define mrg_if_index(ifp)     ((uint32_t)(ifp)->if_index)
#define mrg_if_mtu(ifp)	      ((uint32_t)(ifp)->if_mtu)
#define mrg_if_vnet(ifp)      ((ifp)->if_vnet)
#define mrg_if_getflags(ifp)  ((ifp)->if_flags)
#define mrg_if_lladdr(ifp)    ((const uint8_t *)IF_LLADDR(ifp))
#define mrg_if_link_down(ifp) ((ifp)->if_link_state == LINK_STATE_DOWN)
#define mrg_if_running(ifp)                              \
	(((ifp)->if_drv_flags & IFF_DRV_RUNNING) != 0 && \
	    ((ifp)->if_flags & IFF_UP) != 0)
#endif

/* The address that an interface says to have been made with (SIOCGHWADDR). */
static inline void
mrg_if_set_first_lladdr(struct ifnet *ifp, const uint8_t mac[ETHER_ADDR_LEN])
{
	if (ifp->if_hw_addr != NULL)
		memcpy(ifp->if_hw_addr, mac, ETHER_ADDR_LEN);
}

/* Is it a member of an if_bridge(4); has it addresses of carp(4)? */
#define mrg_if_bridged(ifp) ((ifp)->if_bridge != NULL)
#define mrg_if_carp(ifp)    ((ifp)->if_carp != NULL)

/*
 * Cloned interfaces: MRG_CLONER(C, D, create, destroy) makes the local forms
 * C and D of int create(int unit, struct ifnet **) and
 * void destroy(struct ifnet *), for mrg_cloner_attach().
 */
#if __FreeBSD_version >= 1400000
#define MRG_CLONER(C, D, create, destroy)                                   \
	static int C(struct if_clone *c, char *name, size_t len,            \
	    struct ifc_data *d, struct ifnet **made)                        \
	{                                                                   \
		return (create((int)d->unit, made));                        \
	}                                                                   \
	static int D(struct if_clone *c, struct ifnet *ifp, uint32_t flags) \
	{                                                                   \
		destroy(ifp);                                               \
		return (0);                                                 \
	}
#define mrg_cloner_attach(name, C, D)   \
	ifc_attach_cloner((name),       \
	    &(struct if_clone_addreq) { \
		.create_f = (C), .destroy_f = (D), .flags = IFC_F_AUTOUNIT})
#define mrg_cloner_detach(c) ifc_detach_cloner(c)
#else
#define MRG_CLONER(C, D, create, destroy)                              \
	static int C(struct if_clone *c, int unit, caddr_t parameters) \
	{                                                              \
		struct ifnet *made;                                    \
                                                                       \
		return (create(unit, &made));                          \
	}                                                              \
	static void D(struct ifnet *ifp)                               \
	{                                                              \
		destroy(ifp);                                          \
	}
#define mrg_cloner_attach(name, C, D) if_clone_simple((name), (C), (D), 0)
#define mrg_cloner_detach(c)	      if_clone_detach(c)
#endif

#endif /* MIRAGE_KMOD_COMPAT_H */
