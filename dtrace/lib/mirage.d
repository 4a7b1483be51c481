/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mirage.d: what arguments of the stack's probes mean, in the terms of
 * FreeBSD's providers ip, udp and tcp.
 *
 *	dtrace -L dtrace/lib -n 'mirage:::tcp-receive
 *	    { printf("%s:%d", args[2]->ip_saddr, args[4]->tcp_sport); }'
 *
 * The structures are those of runtime/include/mirage/probe_types.h.  Headers of packets
 * are translated by the libraries of the system, which are there once ip, tcp
 * and udp are providers: kldload dtraceall.  For 12.1 and later; 10.x, whose
 * tcpsinfo_t has fewer members, takes lib10.
 */
#pragma D depends_on library ip.d
#pragma D depends_on library tcp.d
#pragma D depends_on library udp.d

/* A pointer to it is a connection's number: there is no such structure. */
struct mirage_probe_flow {
	char none;
};

struct mirage_probe_netif {
	char *name;
	uint32_t number;
	uint32_t mtu;
	uint32_t local;
};

struct mirage_probe_udp {
	uint32_t version;
	uint16_t local_port;
	uint16_t remote_port;
	uint8_t local_address[16];
	uint8_t remote_address[16];
};

struct mirage_probe_tcp {
	uint32_t version;
	uint16_t local_port;
	uint16_t remote_port;
	uint8_t local_address[16];
	uint8_t remote_address[16];
	int32_t state;
	int32_t active;
	uint32_t iss;
	uint32_t irs;
	uint32_t snd_una;
	uint32_t snd_max;
	uint32_t snd_nxt;
	uint32_t rcv_ack;
	uint32_t rcv_nxt;
	uint32_t snd_wnd;
	uint32_t rcv_wnd;
	int32_t snd_scale;
	int32_t rcv_scale;
	uint32_t cwnd;
	uint32_t ssthresh;
	uint32_t mss;
	uint32_t rto_ms;
	uint32_t srtt_us;
	uint32_t retransmits;
	uint32_t dupacks;
	uint32_t snd_wl1;
	uint32_t snd_wl2;
	uint32_t rcv_adv;
	uint32_t ts_recent;
};

#pragma D binding "1.0" translator
translator csinfo_t < struct mirage_probe_flow *p > {
	cs_addr =	NULL;
	cs_cid =	(uint64_t)p;
	cs_pid =	0;
	cs_zoneid =	0;
};

#pragma D binding "1.0" translator
translator ifinfo_t < struct mirage_probe_netif *p > {
	if_name =	p == NULL ? "<null>" : stringof(p->name);
	if_local =	p == NULL ? 0 : p->local;
	if_addr =	(uintptr_t)p;
};

#pragma D binding "1.0" translator
translator udpsinfo_t < struct mirage_probe_udp *p > {
	udps_addr =	(uintptr_t)p;
	udps_lport =	p == NULL ? 0 : p->local_port;
	udps_rport =	p == NULL ? 0 : p->remote_port;
	udps_laddr =	p == NULL ? "<unknown>" : p->version == 4 ?
	    inet_ntoa(&((struct in_addr *)p->local_address)->s_addr) :
	    inet_ntoa6((struct in6_addr *)p->local_address);
	udps_raddr =	p == NULL ? "<unknown>" : p->version == 4 ?
	    inet_ntoa(&((struct in_addr *)p->remote_address)->s_addr) :
	    inet_ntoa6((struct in6_addr *)p->remote_address);
};

/* Of urgent data, debugging, cookies and timed segments the stack keeps nothing. */
#pragma D binding "1.0" translator
translator tcpsinfo_t < struct mirage_probe_tcp *p > {
	tcps_addr =		(uintptr_t)p;
	tcps_local =		-1;
	tcps_active =		p == NULL ? -1 : p->active;
	tcps_lport =		p == NULL ? 0 : p->local_port;
	tcps_rport =		p == NULL ? 0 : p->remote_port;
	tcps_laddr =		p == NULL ? "<unknown>" : p->version == 4 ?
	    inet_ntoa(&((struct in_addr *)p->local_address)->s_addr) :
	    inet_ntoa6((struct in6_addr *)p->local_address);
	tcps_raddr =		p == NULL ? "<unknown>" : p->version == 4 ?
	    inet_ntoa(&((struct in_addr *)p->remote_address)->s_addr) :
	    inet_ntoa6((struct in6_addr *)p->remote_address);
	tcps_state =		p == NULL ? -1 : p->state;
	tcps_iss =		p == NULL ? 0 : p->iss;
	tcps_irs =		p == NULL ? 0 : p->irs;
	tcps_suna =		p == NULL ? 0 : p->snd_una;
	tcps_smax =		p == NULL ? 0 : p->snd_max;
	tcps_snxt =		p == NULL ? 0 : p->snd_nxt;
	tcps_rack =		p == NULL ? 0 : p->rcv_ack;
	tcps_rnxt =		p == NULL ? 0 : p->rcv_nxt;
	tcps_swnd =		p == NULL ? -1 : p->snd_wnd;
	tcps_snd_ws =		p == NULL ? -1 : p->snd_scale;
	tcps_rwnd =		p == NULL ? -1 : p->rcv_wnd;
	tcps_rcv_ws =		p == NULL ? -1 : p->rcv_scale;
	tcps_cwnd =		p == NULL ? -1 : p->cwnd;
	tcps_cwnd_ssthresh =	p == NULL ? -1 : p->ssthresh;
	tcps_sack_fack =	p == NULL ? 0 : p->snd_una;
	tcps_sack_snxt =	p == NULL ? 0 : p->snd_nxt;
	tcps_rto =		p == NULL ? -1 : p->rto_ms;
	tcps_mss =		p == NULL ? -1 : p->mss;
	tcps_retransmit =	p == NULL ? -1 : p->retransmits > 0 ? 1 : 0;
	tcps_srtt =		p == NULL ? -1 : p->srtt_us;
	tcps_swl1 =		p == NULL ? -1 : p->snd_wl1;
	tcps_swl2 =		p == NULL ? -1 : p->snd_wl2;
	tcps_rup =		p == NULL ? -1 : p->rcv_nxt;
	tcps_radv =		p == NULL ? -1 : p->rcv_adv;
	tcps_srecover =		p == NULL ? -1 : p->snd_una;
	tcps_debug =		0;
	tcps_cookie =		p == NULL ? -1 : 0;
	tcps_dupacks =		p == NULL ? -1 : p->dupacks;
	tcps_rtttime =		p == NULL ? -1 : 0;
	tcps_rtseq =		p == NULL ? -1 : 0;
	tcps_ts_recent =	p == NULL ? -1 : p->ts_recent;
};
