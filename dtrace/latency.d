#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * latency.d - from a frame's arrival to its handler, and on to transmit.
 *
 * A turn takes several frames that wait.  What a function of application code
 * answers is counted from the oldest of them; what frame code answers by
 * itself (ping, TCP's ACKs) from the very frame.  How many frames wait behind
 * one that arrives is in the plot of the queue.
 *
 * USAGE: mirage trace latency, or dtrace -s latency.d; Ctrl-C prints.
 *
 * FIELDS: plots, in nanoseconds
 *	arrival to handler	until application code runs
 *	handler to transmit	from there to each frame that it sends
 *	arrival to transmit, by a handler
 *	arrival to transmit, by frame code
 *	frames waiting		behind a frame that arrives, in frames
 *
 * SEE ALSO: turns.d, frames.d, mirage-trace(8)
 */
#pragma D option quiet

self uint64_t first;
self uint64_t last;
self uint64_t handler;

BEGIN
{
	printf("Timing frames, until Ctrl-C.\n");
}

mirage:::netif-rx
{
	self->last = timestamp;
	self->first = self->first ? self->first : self->last;
	@queue["frames waiting"] = quantize(args[5]);
}

mirage:::execute-start
/self->first && !self->handler/
{
	self->handler = timestamp;
	@times["arrival to handler"] = quantize(self->handler - self->first);
}

mirage:::netif-tx
/self->handler/
{
	@times["handler to transmit"] = quantize(timestamp - self->handler);
	@times["arrival to transmit, by a handler"] =
	    quantize(timestamp - self->first);
}

mirage:::netif-tx
/self->last && !self->handler/
{
	@times["arrival to transmit, by frame code"] =
	    quantize(timestamp - self->last);
}

mirage:::turn-done
{
	self->first = 0;
	self->last = 0;
	self->handler = 0;
}

END
{
	printa("\n%s (ns) %@d", @times);
	printa("\n%s %@d", @queue);
}
