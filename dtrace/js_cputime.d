#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_cputime.d - CPU time of functions, with and without callees.
 *
 * Leaves out when the program's thread does not have a CPU, and what dtrace(1)
 * knows of its own cost; js_calltime.d has the elapsed time.
 *
 * USAGE: mirage trace js_cputime, or dtrace -s js_cputime.d; Ctrl-C prints.
 *
 * FIELDS:
 *	FILE		TypeScript file
 *	TYPE		func, or gc
 *	NAME		function
 *	TOTAL		calls, or microseconds of all calls together
 *
 * SEE ALSO: js_cpudist.d, js_calltime.d, flame.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option dynvarsize=4m

self int depth;

BEGIN
{
	printf("Timing functions on the CPU, until Ctrl-C.\n");
}

/* Nothing of self becomes 0: that would free it, and have it allocated anew. */
mirage:::function-entry
{
	self->depth = self->depth ? self->depth + 1 : 2;
	self->inside[self->depth] = 1;
	self->began[self->depth] = vtimestamp;
}

mirage:::function-return
/self->depth > 1/
{
	this->whole = vtimestamp - self->began[self->depth];
	this->own = this->whole - (self->inside[self->depth] - 1);
	self->depth--;
	self->inside[self->depth] += this->whole;
	@calls[stringof(args[0]), "func", stringof(args[2])] = count();
	@own[stringof(args[0]), "func", stringof(args[2])] = sum(this->own);
	@whole[stringof(args[0]), "func", stringof(args[2])] =
	    sum(this->whole);
}

mirage:::gc-start
{
	self->gc = vtimestamp;
}

mirage:::gc-done
/self->gc/
{
	@calls["-", "gc", "-"] = count();
	@own["-", "gc", "-"] = sum(vtimestamp - self->gc);
	self->gc = 0;
}

END
{
	normalize(@own, 1000);
	normalize(@whole, 1000);
	printf("\nCalls,\n%-32s %-8s %-28s %10s\n", "FILE", "TYPE", "NAME",
	    "TOTAL");
	printa("%-32s %-8s %-28s %@10d\n", @calls);
	printf("\nCPU time of their own (us),\n%-32s %-8s %-28s %10s\n",
	    "FILE", "TYPE", "NAME", "TOTAL");
	printa("%-32s %-8s %-28s %@10d\n", @own);
	printf("\nCPU time with what they call (us),\n");
	printf("%-32s %-8s %-28s %10s\n", "FILE", "TYPE", "NAME", "TOTAL");
	printa("%-32s %-8s %-28s %@10d\n", @whole);
}
