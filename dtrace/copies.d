#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * copies.d - who copies bytes of frames, and how many.
 *
 * The steady state of a program should have none.
 *
 * USAGE: mirage trace copies, or dtrace -s copies.d; Ctrl-C prints.
 *
 * FIELDS: for each reason and stack
 *	REASON		what the copy is for
 *	COPIES, BYTES	how many, of how many bytes together
 *	stack		the innermost function first
 *
 * SEE ALSO: frames.d, io_page.d, mirage-trace(8)
 */
#pragma D option quiet

BEGIN
{
	printf("Counting copies, until Ctrl-C.\n");
}

mirage:::copy
{
	@copies[stringof(args[0])] = count();
	@bytes[stringof(args[0])] = sum(args[1]);
	@who[stringof(args[0]), stack(12)] = sum(args[1]);
}

END
{
	printf("\n%-20s %10s %12s\n", "REASON", "COPIES", "BYTES");
	printa("%-20s %@10d %@12d\n", @copies, @bytes);
	printf("\nBytes, by who copies:\n");
	printa("%s: %@d bytes%k\n", @who);
}
