#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_flow.d - follow calls and returns, indented by depth.
 *
 * Lines come in the order of the CPUs' buffers: sort by TIME if C changes.
 *
 * USAGE: mirage trace js_flow, or dtrace -s js_flow.d; until Ctrl-C.
 *
 * FIELDS:
 *	C		CPU
 *	TIME(us)	since boot
 *	FILE		TypeScript file
 *	FUNC		-> function called, <- function left
 *
 * SEE ALSO: js_flowinfo.d, js_flowtime.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option switchrate=10hz

self int depth;

BEGIN
{
	printf("%3s %-16s %-28s -- %s\n", "C", "TIME(us)", "FILE", "FUNC");
}

mirage:::function-entry
{
	printf("%3d %-16d %-28s %*s-> %s\n", cpu, timestamp / 1000,
	    stringof(args[0]), self->depth * 2, "", stringof(args[2]));
	self->depth++;
}

mirage:::function-return
/self->depth > 0/
{
	self->depth--;
	printf("%3d %-16d %-28s %*s<- %s\n", cpu, timestamp / 1000,
	    stringof(args[0]), self->depth * 2, "", stringof(args[2]));
}
