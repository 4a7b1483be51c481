#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_calltime.d - elapsed time of functions, with and without callees.
 *
 * Elapsed time goes on while other threads have the CPU; js_cputime.d leaves
 * that out.  Collections of garbage are part of the function they interrupt.
 *
 * USAGE: mirage trace js_calltime, or dtrace -s js_calltime.d; Ctrl-C prints.
 *
 * FIELDS:
 *	FILE		TypeScript file
 *	TYPE		func, or gc
 *	NAME		function
 *	TOTAL		calls, or microseconds of all calls together
 *
 * SEE ALSO: js_calldist.d, js_cputime.d, js_calls.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option dynvarsize=4m

self int depth;

BEGIN
{
	printf("Timing functions, until Ctrl-C.\n");
}

/* Nothing of self becomes 0: that would free it, and have it allocated anew. */
mirage:::function-entry
{
	self->depth = self->depth ? self->depth + 1 : 2;
	self->inside[self->depth] = 1;
	self->began[self->depth] = timestamp;
}

mirage:::function-return
/self->depth > 1/
{
	this->whole = timestamp - self->began[self->depth];
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
	self->gc = timestamp;
}

mirage:::gc-done
/self->gc/
{
	@calls["-", "gc", "-"] = count();
	@own["-", "gc", "-"] = sum(timestamp - self->gc);
	self->gc = 0;
}

END
{
	normalize(@own, 1000);
	normalize(@whole, 1000);
	printf("\nCalls,\n%-32s %-8s %-28s %10s\n", "FILE", "TYPE", "NAME",
	    "TOTAL");
	printa("%-32s %-8s %-28s %@10d\n", @calls);
	printf("\nElapsed time of their own (us),\n%-32s %-8s %-28s %10s\n",
	    "FILE", "TYPE", "NAME", "TOTAL");
	printa("%-32s %-8s %-28s %@10d\n", @own);
	printf("\nElapsed time with what they call (us),\n");
	printf("%-32s %-8s %-28s %10s\n", "FILE", "TYPE", "NAME", "TOTAL");
	printa("%-32s %-8s %-28s %@10d\n", @whole);
}
