#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tcptop.d - the TCP connections that move most, at intervals.
 *
 * USAGE: mirage trace tcptop [SECONDS [LINES]], or
 *	dtrace -L lib -s tcptop.d [SECONDS [LINES]]; from one table to the
 *	next, 5 unless told, of the 20 busiest lines; until Ctrl-C.
 *
 * FIELDS:
 *	LADDR, LPORT	the program's address and port
 *	RADDR, RPORT	the peer's
 *	DIR		in or out
 *	BYTES		of data in that direction since the table before
 *
 * SEE ALSO: udptop.d, tcplife.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option defaultargs

BEGIN
{
	every = $1 > 0 ? $1 : 5;
	left = every;
	printf("Counting segments, every %d s, until Ctrl-C.\n", every);
}

/* arg4: args[4]->tcp_offset of 12 and before is no length, but (th_off >> 2). */
mirage:::tcp-receive
{
	this->header = ((struct tcphdr *)arg4)->th_off << 2;
	@bytes[args[2]->ip_daddr, args[4]->tcp_dport, args[2]->ip_saddr,
	    args[4]->tcp_sport, "in"] =
	    sum(args[2]->ip_plength - this->header);
}

mirage:::tcp-send
{
	this->header = ((struct tcphdr *)arg4)->th_off << 2;
	@bytes[args[2]->ip_saddr, args[4]->tcp_sport, args[2]->ip_daddr,
	    args[4]->tcp_dport, "out"] =
	    sum(args[2]->ip_plength - this->header);
}

profile:::tick-1s
{
	left--;
}

profile:::tick-1s,
END
/left == 0 || probename == "END"/
{
	trunc(@bytes, $2 > 0 ? $2 : 20);
	printf("\n%Y\n%-24s %5s %-24s %5s %-4s %12s\n", walltimestamp,
	    "LADDR", "LPORT", "RADDR", "RPORT", "DIR", "BYTES");
	printa("%-24s %5d %-24s %5d %-4s %@12d\n", @bytes);
	trunc(@bytes);
	left = every;
}
