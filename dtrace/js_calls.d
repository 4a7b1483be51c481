#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_calls.d - count calls of functions, objects made, and collections.
 *
 * USAGE: mirage trace js_calls, or dtrace -s js_calls.d; Ctrl-C prints.
 *
 * FIELDS:
 *	FILE		TypeScript file; of gc none
 *	TYPE		func, obj-new or gc
 *	NAME		function, or class of the object
 *	CALLS		how often
 *
 * SEE ALSO: js_calltime.d, js_objnew.d, mirage-trace(8)
 */
#pragma D option quiet

BEGIN
{
	printf("Counting calls, until Ctrl-C.\n");
}

mirage:::function-entry
{
	@calls[stringof(args[0]), "func", stringof(args[2])] = count();
}

mirage:::object-create
{
	@calls[stringof(args[0]), "obj-new", stringof(args[1])] = count();
}

mirage:::gc-start
{
	@calls["-", "gc", "-"] = count();
}

END
{
	printf("\n%-32s %-8s %-28s %8s\n", "FILE", "TYPE", "NAME", "CALLS");
	printa("%-32s %-8s %-28s %@8d\n", @calls);
}
