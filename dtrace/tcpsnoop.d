#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tcpsnoop.d - segments and states of both TCPs, the host's and the program's.
 *
 * A script for the provider tcp, carried over by one more name at each clause,
 * mirage:::tcp-send beside tcp:::send: the arguments are the same.
 *
 * A segment between host and program has two lines: the sender's and
 * the receiver's.
 *
 * USAGE: mirage trace tcpsnoop, or dtrace -L lib -s tcpsnoop.d; until Ctrl-C.
 *
 * FIELDS:
 *	TIME(us)	since the script began
 *	STACK		tcp (FreeBSD's) or mirage
 *	DIR		-> sent, <- received, == change of state
 *	LADDR:LPORT	of the stack that the line is about
 *	RADDR:RPORT	of its peer
 *	BYTES		of data
 *	WHAT		flags and sequence number, or old and new state
 *
 * SEE ALSO: tcplife.d, tcptop.d, mirage-trace(8), dtrace_tcp(4)
 *
 * LINUX: the kernel's own stack has no such probes; tcplife, tcptop and
 * tcpretrans show the program's.
 */
#pragma D option quiet
#pragma D option switchrate=10hz

BEGIN
{
	begun = timestamp;
	printf("%10s %-6s %-3s %-21s %-21s %6s %s\n", "TIME(us)", "STACK",
	    "DIR", "LADDR:LPORT", "RADDR:RPORT", "BYTES", "WHAT");
}

/* arg4: args[4]->tcp_offset of 12 and before is no length, but (th_off >> 2). */
tcp:::send,
mirage:::tcp-send
{
	this->header = ((struct tcphdr *)arg4)->th_off << 2;
	printf("%10d %-6s %-3s %-15s:%-5d %-15s:%-5d %6d %s%s%s%s%s%d\n",
	    (timestamp - begun) / 1000, probeprov, "->", args[2]->ip_saddr,
	    args[4]->tcp_sport, args[2]->ip_daddr, args[4]->tcp_dport,
	    args[2]->ip_plength - this->header,
	    args[4]->tcp_flags & TH_SYN ? "SYN " : "",
	    args[4]->tcp_flags & TH_FIN ? "FIN " : "",
	    args[4]->tcp_flags & TH_RST ? "RST " : "",
	    args[4]->tcp_flags & TH_PUSH ? "PSH " : "",
	    args[4]->tcp_flags & TH_ACK ? "ACK " : "", args[4]->tcp_seq);
}

tcp:::receive,
mirage:::tcp-receive
{
	this->header = ((struct tcphdr *)arg4)->th_off << 2;
	printf("%10d %-6s %-3s %-15s:%-5d %-15s:%-5d %6d %s%s%s%s%s%d\n",
	    (timestamp - begun) / 1000, probeprov, "<-", args[2]->ip_daddr,
	    args[4]->tcp_dport, args[2]->ip_saddr, args[4]->tcp_sport,
	    args[2]->ip_plength - this->header,
	    args[4]->tcp_flags & TH_SYN ? "SYN " : "",
	    args[4]->tcp_flags & TH_FIN ? "FIN " : "",
	    args[4]->tcp_flags & TH_RST ? "RST " : "",
	    args[4]->tcp_flags & TH_PUSH ? "PSH " : "",
	    args[4]->tcp_flags & TH_ACK ? "ACK " : "", args[4]->tcp_seq);
}

tcp:::state-change,
mirage:::tcp-state-change
{
	printf("%10d %-6s %-3s %-15s:%-5d %-15s:%-5d %6s %s to %s\n",
	    (timestamp - begun) / 1000, probeprov, "==",
	    args[3]->tcps_laddr, args[3]->tcps_lport, args[3]->tcps_raddr,
	    args[3]->tcps_rport, "-", tcp_state_string[args[5]->tcps_state],
	    tcp_state_string[args[3]->tcps_state]);
}
