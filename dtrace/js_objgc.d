#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_objgc.d - objects made and not yet finalized, by class: find leaks.
 *
 * Counts from when it began: objects that were there before and go meanwhile
 * make the number fall below 0.
 *
 * USAGE: mirage trace js_objgc [SECONDS], or dtrace -s js_objgc.d [SECONDS];
 *	from one print to the next, 5 unless told; until Ctrl-C.
 *
 * FIELDS:
 *	CLASS		class of the objects
 *	LIVE		made minus finalized since the script began
 *
 * SEE ALSO: js_objnew.d, heap.d, gc.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option defaultargs

BEGIN
{
	every = $1 > 0 ? $1 : 5;
	left = every;
	printf("Counting objects, every %d s, until Ctrl-C.\n", every);
}

mirage:::object-create
{
	@live[stringof(args[1])] = sum(1);
}

mirage:::object-finalize
{
	@live[stringof(args[1])] = sum(-1);
}

profile:::tick-1s
{
	left--;
}

profile:::tick-1s
/left == 0/
{
	printf("\n%Y\n%-32s %10s\n", walltimestamp, "CLASS", "LIVE");
	printa("%-32s %@10d\n", @live);
	left = every;
}

END
{
	printf("\n%Y\n%-32s %10s\n", walltimestamp, "CLASS", "LIVE");
	printa("%-32s %@10d\n", @live);
}
