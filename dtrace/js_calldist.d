#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_calldist.d - elapsed times of functions, as distributions.
 *
 * With and without the time in what they call.
 *
 * USAGE: mirage trace js_calldist, or dtrace -s js_calldist.d; Ctrl-C prints.
 *
 * FIELDS: for each function (file, func, name) a plot
 *	value		from that many nanoseconds on, up to the next line's
 *	count		calls that took so long
 *
 * SEE ALSO: js_calltime.d, js_cpudist.d, mirage-trace(8)
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
	@own[stringof(args[0]), "func", stringof(args[2])] =
	    quantize(this->own);
	@whole[stringof(args[0]), "func", stringof(args[2])] =
	    quantize(this->whole);
}

END
{
	printf("\nElapsed time of their own (ns),\n");
	printa("   %s, %s, %s %@d\n", @own);
	printf("\nElapsed time with what they call (ns),\n");
	printa("   %s, %s, %s %@d\n", @whole);
}
