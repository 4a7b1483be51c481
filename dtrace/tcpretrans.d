#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tcpretrans.d - segments that TCP sends again, with state and windows.
 *
 * USAGE: mirage trace tcpretrans, or dtrace -L lib -s tcpretrans.d; Ctrl-C
 *	prints the sums.
 *
 * FIELDS:
 *	TIME		of day
 *	LADDR, LPORT	the program's address and port
 *	RADDR, RPORT	the peer's
 *	STATE		of the connection
 *	SEQ		sequence number of the segment, from the first sent on
 *	CWND		bytes of the congestion window
 *	SSTHRESH	bytes of its threshold
 *	RTO		ms of the retransmission timeout
 *
 * SEE ALSO: tcplife.d, tcptop.d, mirage-trace(8), docs/goodput.md
 */
#pragma D option quiet
#pragma D option switchrate=10hz

BEGIN
{
	printf("%-20s %-15s %5s %-15s %5s %-18s %10s %8s %10s %6s\n", "TIME",
	    "LADDR", "LPORT", "RADDR", "RPORT", "STATE", "SEQ", "CWND",
	    "SSTHRESH", "RTO");
}

mirage:::tcp-retransmit
{
	printf("%-20Y %-15s %5d %-15s %5d %-18s %10d %8d %10d %6d\n",
	    walltimestamp, args[3]->tcps_laddr, args[3]->tcps_lport,
	    args[3]->tcps_raddr, args[3]->tcps_rport,
	    tcp_state_string[args[3]->tcps_state],
	    (uint32_t)(args[4]->tcp_seq - args[3]->tcps_iss),
	    args[3]->tcps_cwnd, args[3]->tcps_cwnd_ssthresh,
	    args[3]->tcps_rto);
	@all[args[3]->tcps_raddr, args[3]->tcps_rport] = count();
}

END
{
	printf("\n%-39s %5s %8s\n", "RADDR", "RPORT", "SEGMENTS");
	printa("%-39s %5d %@8d\n", @all);
}
