#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tcplife.d - TCP connections: who, how long, how much, times by state.
 *
 * Connections that were there before the script began have no line; their
 * states count all the same.
 *
 * USAGE: mirage trace tcplife, or dtrace -L lib -s tcplife.d; Ctrl-C prints
 *	the plots.
 *
 * FIELDS:
 *	LADDR, LPORT	the program's address and port
 *	RADDR, RPORT	the peer's
 *	RX, TX		bytes received and sent, with repeated ones
 *	MS		from the first state to the last
 *	SETUP, OPEN, END microseconds until ESTABLISHED, in it, and after it
 *	plots		microseconds in a state, by state
 *
 * SEE ALSO: tcpretrans.d, tcptop.d, tcpsnoop.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option switchrate=10hz

BEGIN
{
	printf("%-15s %5s %-15s %5s %10s %10s %7s %8s %9s %8s\n", "LADDR",
	    "LPORT", "RADDR", "RPORT", "RX", "TX", "MS", "SETUP", "OPEN",
	    "END");
}

/* CLOSED and LISTEN are no states of a connection. */
mirage:::tcp-state-change
/args[5]->tcps_state <= TCPS_LISTEN/
{
	born[args[1]->cs_cid] = timestamp;
	since[args[1]->cs_cid] = timestamp;
	rx[args[1]->cs_cid] = 0;
	tx[args[1]->cs_cid] = 0;
}

mirage:::tcp-state-change
/args[5]->tcps_state > TCPS_LISTEN && since[args[1]->cs_cid]/
{
	@states[tcp_state_string[args[5]->tcps_state]] =
	    quantize((timestamp - since[args[1]->cs_cid]) / 1000);
}

mirage:::tcp-state-change
/args[3]->tcps_state == TCPS_ESTABLISHED/
{
	open[args[1]->cs_cid] = timestamp;
}

mirage:::tcp-state-change
/args[5]->tcps_state == TCPS_ESTABLISHED/
{
	ending[args[1]->cs_cid] = timestamp;
}

mirage:::tcp-state-change
{
	since[args[1]->cs_cid] = timestamp;
}

/* arg4: args[4]->tcp_offset of 12 and before is no length, but (th_off >> 2). */
mirage:::tcp-receive
/args[3]->tcps_state > TCPS_LISTEN/
{
	this->header = ((struct tcphdr *)arg4)->th_off << 2;
	rx[args[1]->cs_cid] += args[2]->ip_plength - this->header;
}

mirage:::tcp-send
/args[3]->tcps_state > TCPS_LISTEN/
{
	this->header = ((struct tcphdr *)arg4)->th_off << 2;
	tx[args[1]->cs_cid] += args[2]->ip_plength - this->header;
}

mirage:::tcp-state-change
/args[3]->tcps_state == TCPS_CLOSED && born[args[1]->cs_cid]/
{
	this->open = open[args[1]->cs_cid];
	this->end = ending[args[1]->cs_cid];
	printf("%-15s %5d %-15s %5d %10d %10d %7d %8d %9d %8d\n",
	    args[3]->tcps_laddr, args[3]->tcps_lport, args[3]->tcps_raddr,
	    args[3]->tcps_rport, rx[args[1]->cs_cid], tx[args[1]->cs_cid],
	    (timestamp - born[args[1]->cs_cid]) / 1000000,
	    this->open ? (this->open - born[args[1]->cs_cid]) / 1000 : 0,
	    this->open && this->end ? (this->end - this->open) / 1000 : 0,
	    this->end ? (timestamp - this->end) / 1000 : 0);
}

mirage:::tcp-state-change
/args[3]->tcps_state == TCPS_CLOSED/
{
	born[args[1]->cs_cid] = 0;
	since[args[1]->cs_cid] = 0;
	open[args[1]->cs_cid] = 0;
	ending[args[1]->cs_cid] = 0;
	rx[args[1]->cs_cid] = 0;
	tx[args[1]->cs_cid] = 0;
}

END
{
	printf("\nMicroseconds in a state,\n");
	printa("   %s %@d\n", @states);
}
