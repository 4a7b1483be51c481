/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mbuf(9).
 */
#ifndef KPI_SYS_MBUF_H
#define KPI_SYS_MBUF_H

#include <sys/malloc.h>
#include <sys/param.h>
#include <sys/queue.h>
#include <sys/systm.h>
#include <kpi/kpi.h>

struct m_tag {
	SLIST_ENTRY(m_tag) m_tag_link;
	uint16_t m_tag_id;
	uint16_t m_tag_len;
	uint32_t m_tag_cookie;
	void (*m_tag_free)(struct m_tag *);
};

struct m_snd_tag;
struct pkthdr {
	union {
		struct m_snd_tag *snd_tag;
		struct ifnet *rcvif;
	};
	SLIST_HEAD(packet_tags, m_tag) tags;
	int32_t len;
	uint32_t flowid;
	uint32_t csum_flags;
	uint16_t fibnum;
	uint8_t numa_domain;
	uint8_t rsstype;
	uint64_t rcv_tstmp;
	union {
		uint32_t csum_data;
		uint32_t csum_phsum_data;
	};
	uint16_t tso_segsz;
	uint16_t ether_vtag;
};
#define lro_nsegs tso_segsz /* of what a card has merged */

typedef void m_ext_free_t(struct mbuf *);
struct m_ext {
	union {
		volatile u_int ext_count; /* of the first mbuf */
		volatile u_int *ext_cnt;
	};
	char *ext_buf;
	uint32_t ext_size;
	uint32_t ext_type;
	uint32_t ext_flags;
	m_ext_free_t *ext_free;
	void *ext_arg1;
	void *ext_arg2;
};

#define MHSIZE	  (40 + sizeof(struct pkthdr))
#define MLEN	  ((int)(MSIZE - 40))
#define MHLEN	  ((int)(MSIZE - MHSIZE))
#define MINCLSIZE (MHLEN + 1)

struct mbuf {
	struct mbuf *m_next;
	struct mbuf *m_nextpkt;
	caddr_t m_data;
	int32_t m_len;
	uint32_t m_type :8, m_flags :24;
	union {
		struct {
			struct pkthdr m_pkthdr;
			union {
				struct m_ext m_ext;
				char m_pktdat[MSIZE - 40 -
				    sizeof(struct pkthdr)];
			};
		};
		char m_dat[MSIZE - 40];
	};
};

#define M_EXT	      0x00000001
#define M_PKTHDR      0x00000002
#define M_EOR	      0x00000004
#define M_RDONLY      0x00000008
#define M_BCAST	      0x00000010
#define M_MCAST	      0x00000020
#define M_PROMISC     0x00000040
#define M_VLANTAG     0x00000080
#define M_EXTPG	      0x00000100
#define M_NOFREE      0x00000200
#define M_TSTMP	      0x00000400
#define M_TSTMP_HPREC 0x00000800
#define M_PROTO1      0x00001000
#define M_PROTO2      0x00002000
#define M_PROTO3      0x00004000
#define M_PROTO4      0x00008000
#define M_PROTO5      0x00010000
#define M_PROTO6      0x00020000
#define M_PROTO7      0x00040000
#define M_PROTO8      0x00080000
#define M_PROTO9      0x00100000
#define M_PROTOFLAGS  0x001ff000
#define M_COPYFLAGS                                                    \
	(M_PKTHDR | M_EOR | M_RDONLY | M_BCAST | M_MCAST | M_PROMISC | \
	    M_VLANTAG | M_TSTMP | M_TSTMP_HPREC | M_PROTOFLAGS)

#define MT_DATA	  1
#define MT_HEADER MT_DATA

#define EXT_CLUSTER	1
#define EXT_JUMBOP	3
#define EXT_JUMBO9	4
#define EXT_JUMBO16	5
#define EXT_PACKET	6
#define EXT_MBUF	7
#define EXT_MOD_TYPE	252
#define EXT_DISPOSABLE	253
#define EXT_EXTREF	254
#define EXT_FLAG_EMBREF 0x000001

#define CSUM_IP		     0x00000001
#define CSUM_IP_UDP	     0x00000002
#define CSUM_IP_TCP	     0x00000004
#define CSUM_IP_SCTP	     0x00000008
#define CSUM_IP_TSO	     0x00000010
#define CSUM_IP6_UDP	     0x00000200
#define CSUM_IP6_TCP	     0x00000400
#define CSUM_IP6_SCTP	     0x00000800
#define CSUM_IP6_TSO	     0x00002000
#define CSUM_L3_CALC	     0x01000000
#define CSUM_L3_VALID	     0x02000000
#define CSUM_L4_CALC	     0x04000000
#define CSUM_L4_VALID	     0x08000000
#define CSUM_TCP	     CSUM_IP_TCP
#define CSUM_UDP	     CSUM_IP_UDP
#define CSUM_TCP_IPV6	     CSUM_IP6_TCP
#define CSUM_UDP_IPV6	     CSUM_IP6_UDP
#define CSUM_SCTP	     CSUM_IP_SCTP
#define CSUM_SCTP_IPV6	     CSUM_IP6_SCTP
#define CSUM_TSO	     (CSUM_IP_TSO | CSUM_IP6_TSO)
#define CSUM_DELAY_DATA	     (CSUM_TCP | CSUM_UDP)
#define CSUM_DELAY_DATA_IPV6 (CSUM_TCP_IPV6 | CSUM_UDP_IPV6)
#define CSUM_DELAY_IP	     CSUM_IP
#define CSUM_IP_CHECKED	     CSUM_L3_CALC
#define CSUM_IP_VALID	     CSUM_L3_VALID
#define CSUM_DATA_VALID	     CSUM_L4_VALID
#define CSUM_PSEUDO_HDR	     CSUM_L4_CALC

#define M_HASHTYPE_NONE	     0
#define M_HASHTYPE_OPAQUE    63
#define M_HASHTYPE_CLEAR(m)  ((m)->m_pkthdr.rsstype = 0)
#define M_HASHTYPE_SET(m, v) ((m)->m_pkthdr.rsstype = (v))
#define M_HASHTYPE_GET(m)    ((m)->m_pkthdr.rsstype)

#define mtod(m, type)	 ((type)((m)->m_data))
#define mtodo(m, offset) ((void *)((m)->m_data + (offset)))
#define M_COPYALL	 1000000000
#define M_START(m)                                               \
	(((m)->m_flags & M_EXT)		  ? (m)->m_ext.ext_buf : \
		((m)->m_flags & M_PKTHDR) ? &(m)->m_pktdat[0] :  \
					    &(m)->m_dat[0])
#define M_SIZE(m)                                                             \
	(((m)->m_flags & M_EXT)		  ? (m)->m_ext.ext_size :             \
		((m)->m_flags & M_PKTHDR) ? (uint32_t)sizeof((m)->m_pktdat) : \
					    (uint32_t)sizeof((m)->m_dat))
#define M_WRITABLE(m)	  kpi_m_writable(m)
#define M_LEADINGSPACE(m) (M_WRITABLE(m) ? (int)((m)->m_data - M_START(m)) : 0)
#define M_TRAILINGSPACE(m)                                                     \
	(M_WRITABLE(m) ?                                                       \
		(int)((M_START(m) + M_SIZE(m)) - ((m)->m_data + (m)->m_len)) : \
		0)
#define M_PREPEND(m, plen, how)                              \
	do {                                                 \
		if (M_LEADINGSPACE(m) >= (plen)) {           \
			(m)->m_data -= (plen);               \
			(m)->m_len += (plen);                \
			if ((m)->m_flags & M_PKTHDR)         \
				(m)->m_pkthdr.len += (plen); \
		} else                                       \
			(m) = m_prepend((m), (plen), (how)); \
	} while (0)
#define M_ALIGN(m, len) m_align(m, len)
#define M_ASSERTPKTHDR(m)                                      \
	KASSERT((m) != NULL && ((m)->m_flags & M_PKTHDR) != 0, \
	    ("no packet header"))
#define M_MOVE_PKTHDR(to, from) m_move_pkthdr((to), (from))

int kpi_m_writable(const struct mbuf *) KPI_NAME(m_writable);
struct mbuf *m_get(int, short) KPI_NAME(m_get);
struct mbuf *m_gethdr(int, short) KPI_NAME(m_gethdr);
struct mbuf *m_getcl(int, short, int) KPI_NAME(m_getcl);
struct mbuf *m_getjcl(int, short, int, int) KPI_NAME(m_getjcl);
struct mbuf *m_get2(int, int, short, int) KPI_NAME(m_get2);
struct mbuf *m_get3(int, int, short, int) KPI_NAME(m_get3);
struct mbuf *m_getm2(struct mbuf *, int, int, short, int) KPI_NAME(m_getm2);
struct mbuf *m_free(struct mbuf *) KPI_NAME(m_free);
void m_freem(struct mbuf *) KPI_NAME(m_freem);
void m_extadd(struct mbuf *, char *, u_int, m_ext_free_t, void *, void *, int,
    int) KPI_NAME(m_extadd);
struct mbuf *m_pullup(struct mbuf *, int) KPI_NAME(m_pullup);
struct mbuf *m_copyup(struct mbuf *, int, int) KPI_NAME(m_copyup);
struct mbuf *m_dup(const struct mbuf *, int) KPI_NAME(m_dup);
struct mbuf *m_copypacket(struct mbuf *, int) KPI_NAME(m_copypacket);
struct mbuf *m_copym(struct mbuf *, int, int, int) KPI_NAME(m_copym);
struct mbuf *m_unshare(struct mbuf *, int) KPI_NAME(m_unshare);
struct mbuf *m_defrag(struct mbuf *, int) KPI_NAME(m_defrag);
struct mbuf *m_collapse(struct mbuf *, int, int) KPI_NAME(m_collapse);
struct mbuf *m_prepend(struct mbuf *, int, int) KPI_NAME(m_prepend);
struct mbuf *mb_unmapped_to_ext(struct mbuf *) KPI_NAME(mb_unmapped_to_ext);
void m_adj(struct mbuf *, int) KPI_NAME(m_adj);
void m_cat(struct mbuf *, struct mbuf *) KPI_NAME(m_cat);
void m_align(struct mbuf *, int) KPI_NAME(m_align);
void m_copydata(const struct mbuf *, int, int, caddr_t) KPI_NAME(m_copydata);
void m_copyback(struct mbuf *, int, int, c_caddr_t) KPI_NAME(m_copyback);
int m_append(struct mbuf *, int, c_caddr_t) KPI_NAME(m_append);
u_int m_length(struct mbuf *, struct mbuf **) KPI_NAME(m_length);
void m_move_pkthdr(struct mbuf *, struct mbuf *) KPI_NAME(m_move_pkthdr);
int m_dup_pkthdr(struct mbuf *, const struct mbuf *, int)
    KPI_NAME(m_dup_pkthdr);
void m_demote_pkthdr(struct mbuf *) KPI_NAME(m_demote_pkthdr);
void m_tag_delete_chain(struct mbuf *, struct m_tag *)
    KPI_NAME(m_tag_delete_chain);
struct m_tag *m_tag_alloc(uint32_t, uint16_t, int, int) KPI_NAME(m_tag_alloc);
struct m_tag *m_tag_locate(struct mbuf *, uint32_t, uint16_t, struct m_tag *)
    KPI_NAME(m_tag_locate);
void m_tag_prepend(struct mbuf *, struct m_tag *) KPI_NAME(m_tag_prepend);
void m_tag_delete(struct mbuf *, struct m_tag *) KPI_NAME(m_tag_delete);
void m_clrprotoflags(struct mbuf *) KPI_NAME(m_clrprotoflags);
uint16_t in_cksum_skip(struct mbuf *, int, int) KPI_NAME(in_cksum_skip);

#ifndef KPI_INSIDE
#define m_get(...)    KPI_CALL(m_get, __VA_ARGS__)
#define m_gethdr(...) KPI_CALL(m_gethdr, __VA_ARGS__)
#define m_getcl(...)  KPI_CALL(m_getcl, __VA_ARGS__)
#define m_getjcl(...) KPI_CALL(m_getjcl, __VA_ARGS__)
#define m_get2(...)   KPI_CALL(m_get2, __VA_ARGS__)
#define m_get3(...)   KPI_CALL(m_get3, __VA_ARGS__)
#define m_getm2(...)  KPI_CALL(m_getm2, __VA_ARGS__)
#endif
#define m_getm(m, len, how, type) m_getm2(m, len, how, type, M_PKTHDR)
#ifndef KPI_INSIDE
#define m_free(m)     KPI_CALL(m_free, m)
#define m_freem(m)    KPI_CALL(m_freem, m)
#define m_extadd(...) KPI_CALL(m_extadd, __VA_ARGS__)
#endif
#define MEXTADD(...) m_extadd(__VA_ARGS__)
#ifndef KPI_INSIDE
#define m_pullup(...)	      KPI_CALL(m_pullup, __VA_ARGS__)
#define m_copyup(...)	      KPI_CALL(m_copyup, __VA_ARGS__)
#define m_dup(...)	      KPI_CALL(m_dup, __VA_ARGS__)
#define m_copypacket(...)     KPI_CALL(m_copypacket, __VA_ARGS__)
#define m_copym(...)	      KPI_CALL(m_copym, __VA_ARGS__)
#define m_unshare(...)	      KPI_CALL(m_unshare, __VA_ARGS__)
#define m_defrag(...)	      KPI_CALL(m_defrag, __VA_ARGS__)
#define m_collapse(...)	      KPI_CALL(m_collapse, __VA_ARGS__)
#define m_prepend(...)	      KPI_CALL(m_prepend, __VA_ARGS__)
#define mb_unmapped_to_ext(m) KPI_CALL(mb_unmapped_to_ext, m)
#define m_append(...)	      KPI_CALL(m_append, __VA_ARGS__)
#define m_tag_alloc(...)      KPI_CALL(m_tag_alloc, __VA_ARGS__)
#endif

/* A queue of packets, linked by m_nextpkt. */
struct mbufq {
	struct mbuf *mq_first;
	struct mbuf *mq_last;
	int mq_len;
	int mq_maxlen;
};

#endif /* KPI_SYS_MBUF_H */
