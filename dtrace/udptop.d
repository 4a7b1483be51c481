#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * udptop.d - the UDP peers that move most, at intervals.
 *
 * USAGE: mirage trace udptop [SECONDS [LINES]], or
 *	dtrace -L lib -s udptop.d [SECONDS [LINES]]; from one table to the
 *	next, 5 unless told, of the 20 busiest lines; until Ctrl-C.
 *
 * FIELDS:
 *	LADDR, LPORT	the program's address and port
 *	RADDR, RPORT	the peer's
 *	DIR		in or out
 *	BYTES		of data in that direction since the table before
 *
 * SEE ALSO: tcptop.d, frames.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option defaultargs

BEGIN
{
	every = $1 > 0 ? $1 : 5;
	left = every;
	printf("Counting datagrams, every %d s, until Ctrl-C.\n", every);
}

mirage:::udp-receive
{
	@bytes[args[2]->ip_daddr, args[4]->udp_dport, args[2]->ip_saddr,
	    args[4]->udp_sport, "in"] =
	    sum(args[4]->udp_length - 8);
}

mirage:::udp-send
{
	@bytes[args[2]->ip_saddr, args[4]->udp_sport, args[2]->ip_daddr,
	    args[4]->udp_dport, "out"] =
	    sum(args[4]->udp_length - 8);
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
