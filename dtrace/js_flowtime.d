#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_flowtime.d - follow calls and returns, with the time between them.
 *
 * Lines come in the order of the CPUs' buffers: sort by TIME if C changes.
 *
 * USAGE: mirage trace js_flowtime, or dtrace -s js_flowtime.d; until Ctrl-C.
 *
 * FIELDS:
 *	C		CPU
 *	TIME(us)	since boot
 *	FILE		TypeScript file
 *	DELTA(us)	since the line before it
 *	FUNC		-> function called, <- function left
 *
 * SEE ALSO: js_flow.d, js_calltime.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option switchrate=10hz

self int depth;
self uint64_t last;

BEGIN
{
	printf("%3s %-16s %-28s %9s -- %s\n", "C", "TIME(us)", "FILE",
	    "DELTA(us)", "FUNC");
}

mirage:::function-entry,
mirage:::function-return
/self->last == 0/
{
	self->last = timestamp;
}

mirage:::function-entry
{
	printf("%3d %-16d %-28s %9d %*s-> %s\n", cpu, timestamp / 1000,
	    stringof(args[0]), (timestamp - self->last) / 1000,
	    self->depth * 2, "", stringof(args[2]));
	self->depth++;
	self->last = timestamp;
}

mirage:::function-return
/self->depth > 0/
{
	self->depth--;
	printf("%3d %-16d %-28s %9d %*s<- %s\n", cpu, timestamp / 1000,
	    stringof(args[0]), (timestamp - self->last) / 1000,
	    self->depth * 2, "", stringof(args[2]));
	self->last = timestamp;
}
