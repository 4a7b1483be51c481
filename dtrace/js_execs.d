#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_execs.d - what the interpreter is called to run, and for how long.
 *
 * That is main, a listener, a callback, a microtask.
 *
 * USAGE: mirage trace js_execs, or dtrace -s js_execs.d; until Ctrl-C.
 *
 * FIELDS:
 *	TIME		of day
 *	US		how long it took, with what it calls
 *	FILE:LINE	TypeScript file of the function, and its first line
 *
 * SEE ALSO: js_who.d, life.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option dynvarsize=4m

self int depth;

BEGIN
{
	printf("%-20s %8s  %s\n", "TIME", "US", "FILE:LINE");
}

mirage:::execute-start
{
	self->depth = self->depth ? self->depth + 1 : 2;
	self->began[self->depth] = timestamp;
}

mirage:::execute-done
/self->depth > 1/
{
	printf("%-20Y %8d  %s:%d\n", walltimestamp,
	    (timestamp - self->began[self->depth]) / 1000,
	    stringof(args[0]), args[1]);
	self->depth--;
}
