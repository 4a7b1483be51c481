#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * frames.d - frames in and out of each interface, and their lengths.
 *
 * USAGE: mirage trace frames [SECONDS], or dtrace -s frames.d [SECONDS]; from
 *	one table to the next, 5 unless told; Ctrl-C prints the sizes.
 *
 * FIELDS:
 *	NETIF		number of the program's interface
 *	DIR		in or out
 *	FRAMES		since the table before
 *	BYTES		of these frames, with their Ethernet headers
 *	plot		bytes of a frame, and how many were so long
 *
 * SEE ALSO: latency.d, drops.d, io_page.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option defaultargs

BEGIN
{
	every = $1 > 0 ? $1 : 5;
	left = every;
	printf("Counting frames, every %d s, until Ctrl-C.\n", every);
}

mirage:::netif-rx
{
	@frames[args[0], "in"] = count();
	@bytes[args[0], "in"] = sum(args[3]);
	@sizes[args[0], "in"] = quantize(args[3]);
}

mirage:::netif-tx
{
	@frames[args[0], "out"] = count();
	@bytes[args[0], "out"] = sum(args[3]);
	@sizes[args[0], "out"] = quantize(args[3]);
}

profile:::tick-1s
{
	left--;
}

profile:::tick-1s
/left == 0/
{
	printf("\n%Y\n%5s %-4s %10s %12s\n", walltimestamp, "NETIF", "DIR",
	    "FRAMES", "BYTES");
	printa("%5d %-4s %@10d %@12d\n", @frames, @bytes);
	trunc(@frames);
	trunc(@bytes);
	left = every;
}

END
{
	printf("\n%Y\n%5s %-4s %10s %12s\n", walltimestamp, "NETIF", "DIR",
	    "FRAMES", "BYTES");
	printa("%5d %-4s %@10d %@12d\n", @frames, @bytes);
	printf("\nBytes of a frame,\n");
	printa("   interface %d, %s %@d\n", @sizes);
}
