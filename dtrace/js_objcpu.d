#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_objcpu.d - CPU time that it takes to make objects, by class.
 *
 * USAGE: mirage trace js_objcpu, or dtrace -s js_objcpu.d; Ctrl-C prints.
 *
 * FIELDS:
 *	FILE		TypeScript file that makes them
 *	CLASS		class of the objects
 *	COUNT		how many were made
 *	TOTAL(us)	CPU time of all
 *	plot		nanoseconds for one, and how many took so long
 *
 * SEE ALSO: js_objnew.d, js_cputime.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option dynvarsize=4m

self int depth;

BEGIN
{
	printf("Timing how objects are made, until Ctrl-C.\n");
}

/* Nothing of self becomes 0: that would free it, and have it allocated anew. */
mirage:::object-create-start
{
	self->depth = self->depth ? self->depth + 1 : 2;
	self->began[self->depth] = vtimestamp;
}

mirage:::object-create-done
/self->depth > 1/
{
	this->time = vtimestamp - self->began[self->depth];
	self->depth--;
	@count[stringof(args[0]), stringof(args[1])] = count();
	@total[stringof(args[0]), stringof(args[1])] = sum(this->time);
	@each[stringof(args[0]), stringof(args[1])] = quantize(this->time);
}

END
{
	normalize(@total, 1000);
	printf("\n%-32s %-20s %8s %10s\n", "FILE", "CLASS", "COUNT",
	    "TOTAL(us)");
	printa("%-32s %-20s %@8d %@10d\n", @count, @total);
	printf("\nCPU time for one (ns),\n");
	printa("   %s, %s %@d\n", @each);
}
