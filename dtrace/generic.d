#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * generic.d - calls of the generated code, by function, and their time.
 *
 * The C function fc_stack__udp_sockets__SocketTable_port is SocketTable#port in
 * udp/sockets.ts: docs/language-probes.md.  What the compiler inlined is part of its
 * caller; what ends with a jump into another function has no time.
 *
 * USAGE: mirage trace generic, or dtrace -s generic.d; Ctrl-C prints.
 *
 * FIELDS:
 *	FUNCTION	of frame code
 *	CALLS		how often
 *	TIME(us)	of all calls, with what they call
 *
 * SEE ALSO: io_page.d, flame.d, js_calls.d, mirage-trace(8)
 */
#pragma D option quiet
/* For each of 360 functions, on each of the 1,024 CPUs for which 14 divides it. */
#pragma D option dynvarsize=64m

BEGIN
{
	printf("Counting calls of frame code, until Ctrl-C.\n");
}

fbt:mirage:fc_*:entry
{
	self->began[probefunc] = timestamp;
	@calls[probefunc] = count();
}

fbt:mirage:fc_*:return
/self->began[probefunc]/
{
	@time[probefunc] = sum(timestamp - self->began[probefunc]);
}

END
{
	normalize(@time, 1000);
	printf("\n%-56s %10s %10s\n", "FUNCTION", "CALLS", "TIME(us)");
	printa("%-56s %@10d %@10d\n", @calls, @time);
}
