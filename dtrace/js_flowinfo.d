#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_flowinfo.d - follow calls, with lines, callers and times between.
 *
 * Lines come in the order of the CPUs' buffers: sort by TIME if C changes.
 *
 * USAGE: mirage trace js_flowinfo, or dtrace -s js_flowinfo.d; until Ctrl-C.
 *
 * FIELDS:
 *	C		CPU
 *	TIME(us)	since boot
 *	DELTA(us)	since the line before it
 *	FILE:LINE	the function's TypeScript file and line
 *	CALLER		where it was called
 *	FUNC		-> class.function called, <- left
 *
 * SEE ALSO: js_flow.d, js_flowtime.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option switchrate=10hz

self int depth;
self uint64_t last;

BEGIN
{
	printf("%3s %-16s %9s %-24s %-24s -- %s\n", "C", "TIME(us)",
	    "DELTA(us)", "FILE:LINE", "CALLER", "FUNC");
}

mirage:::function-info,
mirage:::function-return
/self->last == 0/
{
	self->last = timestamp;
}

mirage:::function-info
{
	printf("%3d %-16d %9d %-24s %-24s %*s-> %s%s%s\n", cpu,
	    timestamp / 1000, (timestamp - self->last) / 1000,
	    strjoin(strjoin(basename(stringof(args[0])), ":"),
	    lltostr(args[3])),
	    strjoin(strjoin(basename(stringof(args[4])), ":"),
	    lltostr(args[5])),
	    self->depth * 2, "", stringof(args[1]),
	    stringof(args[1]) == "" ? "" : ".", stringof(args[2]));
	self->depth++;
	self->last = timestamp;
}

mirage:::function-return
/self->depth > 0/
{
	self->depth--;
	printf("%3d %-16d %9d %-24s %-24s %*s<- %s%s%s\n", cpu,
	    timestamp / 1000, (timestamp - self->last) / 1000,
	    basename(stringof(args[0])), "-", self->depth * 2, "",
	    stringof(args[1]), stringof(args[1]) == "" ? "" : ".",
	    stringof(args[2]));
	self->last = timestamp;
}
