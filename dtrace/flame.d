#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * flame.d - where the CPU time goes: stacks, for a flame graph.
 *
 * TypeScript functions run in the interpreter; frame code is among the
 * kernel's C, by its TypeScript names.
 *
 * mirage trace --flame FILE makes the picture of it.
 *
 * USAGE: mirage trace flame [SECONDS], or dtrace -s flame.d [SECONDS]; for so
 *	long, or until Ctrl-C.
 *
 * FIELDS: for each stack that was found
 *	js		TypeScript functions, outermost first, ; between
 *	stack		the kernel's, the innermost function first
 *	count		samples, of 997 a second
 *
 * SEE ALSO: js_cputime.d, turns.d, mirage-trace(8), docs/reports.md
 */
#pragma D option quiet
#pragma D option defaultargs
#pragma D option strsize=1024
#pragma D option stackframes=64
#pragma D option aggsize=16m

BEGIN
{
	seconds = 0;
	printf("# 997 samples a second\n");
}

/* The text of what runs is at the same place until the program ends. */
mirage:::sample
{
	text = (uintptr_t)args[0];
}

profile:::profile-997
/stringof(curthread->td_name) == "mirage"/
{
	@stacks[text ? stringof((char *)text) : "", stack()] = count();
}

profile:::tick-1s
/$1 > 0 && ++seconds >= $1/
{
	exit(0);
}

END
{
	printa("js %s%kcount %@d\n\n", @stacks);
}
