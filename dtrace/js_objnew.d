#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_objnew.d - count the objects that are made, by class and line.
 *
 * USAGE: mirage trace js_objnew, or dtrace -s js_objnew.d; Ctrl-C prints.
 *
 * FIELDS:
 *	FILE, LINE	TypeScript line that makes them
 *	CLASS		class of the objects
 *	COUNT		how many
 *
 * SEE ALSO: js_objgc.d, js_objcpu.d, heap.d, mirage-trace(8)
 */
#pragma D option quiet

BEGIN
{
	printf("Counting objects, until Ctrl-C.\n");
}

mirage:::object-create
{
	@made[stringof(args[0]), args[3], stringof(args[1])] = count();
}

END
{
	printf("\n%-32s %6s %-24s %8s\n", "FILE", "LINE", "CLASS", "COUNT");
	printa("%-32s %6d %-24s %@8d\n", @made);
}
