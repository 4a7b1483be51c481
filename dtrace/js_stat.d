#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_stat.d - how much the program does, in numbers per second.
 *
 * USAGE: mirage trace js_stat [SECONDS], or dtrace -s js_stat.d [SECONDS]; from
 *	one line to the next, 1 unless told; until Ctrl-C.
 *
 * FIELDS:
 *	TIME		of day
 *	EXEC/s		what the interpreter is called to run, as js_execs.d has it
 *	FUNC/s		calls of functions
 *	OBJNEW/s	objects made
 *	OBJFRE/s	objects finalized
 *	GC/s		collections of garbage
 *	TURN/s		passes of the run loop
 *
 * SEE ALSO: js_calls.d, turns.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option defaultargs
#pragma D option switchrate=10hz

BEGIN
{
	every = $1 > 0 ? $1 : 1;
	left = every;
	lines = 0;
	execs = funcs = made = freed = gcs = turns = 0;
}

mirage:::execute-start { execs++; }
mirage:::function-entry { funcs++; }
mirage:::object-create { made++; }
mirage:::object-finalize { freed++; }
mirage:::gc-start { gcs++; }
mirage:::turn-start { turns++; }

profile:::tick-1s
{
	left--;
}

profile:::tick-1s
/left == 0 && lines % 20 == 0/
{
	printf("%-20s %8s %8s %8s %8s %6s %8s\n", "TIME", "EXEC/s", "FUNC/s",
	    "OBJNEW/s", "OBJFRE/s", "GC/s", "TURN/s");
}

profile:::tick-1s
/left == 0/
{
	printf("%-20Y %8d %8d %8d %8d %6d %8d\n", walltimestamp,
	    execs / every, funcs / every, made / every, freed / every,
	    gcs / every, turns / every);
	execs = funcs = made = freed = gcs = turns = 0;
	left = every;
	lines++;
}
