#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * js_who.d - which process or kernel thread runs functions of which file.
 *
 * USAGE: mirage trace js_who, or dtrace -s js_who.d; Ctrl-C prints.
 *
 * FIELDS:
 *	PID, UID	of the process, 0 for the kernel
 *	WHO		its name
 *	FUNCS		functions called
 *	FILE		TypeScript file
 *
 * SEE ALSO: js_execs.d, js_calls.d, mirage-trace(8)
 */
#pragma D option quiet

BEGIN
{
	printf("Counting calls, until Ctrl-C.\n");
}

mirage:::function-entry
{
	@calls[pid, uid, execname, stringof(args[0])] = count();
}

END
{
	printf("\n%6s %6s %-16s %8s %s\n", "PID", "UID", "WHO", "FUNCS",
	    "FILE");
	printa("%6d %6d %-16s %@8d %s\n", @calls);
}
