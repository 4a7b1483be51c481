#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * gc.d - collections of garbage: each pause, and what it frees.
 *
 * USAGE: mirage trace gc, or dtrace -s gc.d; Ctrl-C prints the plot.
 *
 * FIELDS:
 *	TIME		of day
 *	PAUSE(us)	how long it took
 *	BEFORE, AFTER	bytes of the heap in use
 *	FREED		the difference
 *	WHY		emergency: memory could not be had; else regular
 *
 * SEE ALSO: heap.d, js_objgc.d, turns.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option switchrate=10hz

BEGIN
{
	printf("%-20s %10s %12s %12s %12s %s\n", "TIME", "PAUSE(us)",
	    "BEFORE", "AFTER", "FREED", "WHY");
}

mirage:::gc-start
{
	self->gc = timestamp;
	self->heap = args[0];
	self->emergency = args[1];
}

mirage:::gc-done
/self->gc/
{
	this->pause = timestamp - self->gc;
	printf("%-20Y %10d %12d %12d %12d %s\n", walltimestamp,
	    this->pause / 1000, self->heap, args[0],
	    (int64_t)(self->heap - args[0]), self->emergency ? "emergency" : "regular");
	@pauses["pause (us)"] = quantize(this->pause / 1000);
	@total["collections"] = count();
	self->gc = 0;
	self->heap = 0;
	self->emergency = 0;
}

END
{
	printa("\n%@d %s\n", @total);
	printa("\n%s %@d", @pauses);
}
