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
#endif
#if __has_include(<sys/stdarg.h>)
#include <sys/stdarg.h>
#else
#include <machine/stdarg.h>
#endif

#include <net/if.h>
#include <net/if_var.h>
#include <net/ethernet.h>

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

/* Waits until no sender is inside of an interface that was detached. */
static inline void
mrg_net_wait(void)
{
#if __FreeBSD_version >= 1300000
	NET_EPOCH_WAIT();
#elif __FreeBSD_version >= 1200000
	epoch_wait_preempt(net_epoch_preempt);
#else
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

/* Nanoseconds as 32.32 fixed-point seconds, rounded up. */
static inline sbintime_t
mrg_nstosbt(uint64_t ns)
{
	uint64_t rest = ns % 1000000000;

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
#define MRG_EXT_IS(m, fn) ((m)->m_ext.ext_free == (fn))
#else
#define MRG_EXTFREE(fn, a)                                \
	static void fn##_buffer(void *);                  \
	static int fn(struct mbuf *m, void *a1, void *a2) \
	{                                                 \
		fn##_buffer(a1);                          \
		return (EXT_FREE_OK);                     \
	}                                                 \
	static void fn##_buffer(void *a)
#define MRG_EXT_IS(m, fn) ((m)->m_ext.ext_free == (fn))
#endif

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

/* A MAC address for an interface, the same at each boot where that works. */
static inline void
mrg_ether_gen_addr(struct ifnet *ifp, uint8_t mac[ETHER_ADDR_LEN])
{
#if __FreeBSD_version >= 1201000 && \
    !(__FreeBSD_version >= 1300000 && __FreeBSD_version < 1300020)
	struct ether_addr made;

	ether_gen_addr(ifp, &made);
	memcpy(mac, made.octet, ETHER_ADDR_LEN);
#else
	mrg_random(mac, ETHER_ADDR_LEN);
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
#endif
}

#if __FreeBSD_version >= 1400000
#define mrg_if_mtu(ifp)	 ((uint32_t)if_getmtu(ifp))
#define mrg_if_vnet(ifp) if_getvnet(ifp)
#define mrg_if_running(ifp)                              \
	((if_getdrvflags(ifp) & IFF_DRV_RUNNING) != 0 && \
	    (if_getflags(ifp) & IFF_UP) != 0)
#else
#define if_getsoftc(ifp)	   ((ifp)->if_softc)
#define if_setsoftc(ifp, s)	   ((ifp)->if_softc = (s))
#define if_getflags(ifp)	   ((ifp)->if_flags)
#define if_setflags(ifp, f)	   ((ifp)->if_flags = (f))
#define if_setcapabilities(ifp, c) ((ifp)->if_capabilities = (c))
#define if_setcapenable(ifp, c)	   ((ifp)->if_capenable = (c))
#define if_setinitfn(ifp, f)	   ((ifp)->if_init = (f))
#define if_setioctlfn(ifp, f)	   ((ifp)->if_ioctl = (f))
#define if_settransmitfn(ifp, f)   ((ifp)->if_transmit = (f))
#define if_setqflushfn(ifp, f)	   ((ifp)->if_qflush = (f))
#define if_setmtu(ifp, mtu)	   ((ifp)->if_mtu = (mtu))
#define if_setdrvflagbits(ifp, set, clear) \
	((ifp)->if_drv_flags = ((ifp)->if_drv_flags | (set)) & ~(clear))
#define mrg_if_mtu(ifp)	 ((uint32_t)(ifp)->if_mtu)
#define mrg_if_vnet(ifp) ((ifp)->if_vnet)
#define mrg_if_running(ifp)                              \
	(((ifp)->if_drv_flags & IFF_DRV_RUNNING) != 0 && \
	    ((ifp)->if_flags & IFF_UP) != 0)
#endif

#endif /* MIRAGE_KMOD_COMPAT_H */
