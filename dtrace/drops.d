#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * drops.d - frames that are lost, by interface and reason.
 *
 * USAGE: mirage trace drops [SECONDS], or dtrace -s drops.d [SECONDS]; from
 *	one table to the next, 5 unless told; Ctrl-C prints all of it.
 *
 * FIELDS:
 *	NETIF		number of the program's interface, -1: unknown
 *	REASON		as the statistic drop.REASON has it
 *	FRAMES		lost since the table before
 *	BYTES		of these frames, where known
 *
 * SEE ALSO: frames.d, life.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option defaultargs

BEGIN
{
	every = $1 > 0 ? $1 : 5;
	left = every;
	printf("Counting lost frames, every %d s, until Ctrl-C.\n", every);
}

mirage:::drop
{
	@frames[(int)args[0], stringof(args[1])] = count();
	@bytes[(int)args[0], stringof(args[1])] = sum(args[2]);
	@all[(int)args[0], stringof(args[1])] = count();
}

profile:::tick-1s
{
	left--;
}

profile:::tick-1s
/left == 0/
{
	printf("\n%Y\n%5s %-24s %10s %12s\n", walltimestamp, "NETIF",
	    "REASON", "FRAMES", "BYTES");
	printa("%5d %-24s %@10d %@12d\n", @frames, @bytes);
	trunc(@frames);
	trunc(@bytes);
	left = every;
}

END
{
	trunc(@frames);
	trunc(@bytes);
	printf("\nSince the script began:\n%5s %-24s %10s\n", "NETIF",
	    "REASON", "FRAMES");
	printa("%5d %-24s %@10d\n", @all);
}
