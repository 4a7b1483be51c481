#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_cpudist.d - CPU times of functions, as distributions.
 *
 * With and without the time in what they call.
 *
 * USAGE: mirage trace js_cpudist, or dtrace -s js_cpudist.d; Ctrl-C prints.
 *
 * FIELDS: for each function (file, func, name) a plot
 *	value		from that many nanoseconds on, up to the next line's
 *	count		calls that took so long
 *
 * SEE ALSO: js_cputime.d, js_calldist.d, mirage-trace(8)
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
	@own[stringof(args[0]), "func", stringof(args[2])] =
	    quantize(this->own);
	@whole[stringof(args[0]), "func", stringof(args[2])] =
	    quantize(this->whole);
}

END
{
	printf("\nCPU time of their own (ns),\n");
	printa("   %s, %s, %s %@d\n", @own);
	printf("\nCPU time with what they call (ns),\n");
	printa("   %s, %s, %s %@d\n", @whole);
}
