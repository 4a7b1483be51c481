#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * io_page.d - the life of frames' memory: who makes, keeps and frees it.
 *
 * USAGE: mirage trace io_page, or dtrace -s io_page.d; Ctrl-C prints.
 *
 * FIELDS:
 *	WHAT		alloc, retain or release
 *	TIMES, BYTES	how often, and bytes of frames made or given back
 *	plots		microseconds from alloc to transmit, or, of what was not
 *			sent, to the last release; references to a frame after
 *			a retain
 *	stacks		who gives back, the innermost function first
 *
 * SEE ALSO: frames.d, copies.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option dynvarsize=4m

BEGIN
{
	printf("Following frames, until Ctrl-C.\n");
}

mirage:::frame-alloc
{
	made[args[0]] = timestamp;
	@times["alloc"] = count();
	@bytes["alloc"] = sum(args[1]);
}

/* Mostly it is the host's then, and there is no release. */
mirage:::netif-tx
/made[args[1]]/
{
	@life["alloc to transmit (us)"] =
	    quantize((timestamp - made[args[1]]) / 1000);
	made[args[1]] = 0;
}

mirage:::frame-retain
{
	@times["retain"] = count();
	@bytes["retain"] = sum(0);
	@references["references then"] = lquantize(args[1], 0, 8, 1);
}

mirage:::frame-release
{
	@times["release"] = count();
	@bytes["release"] = sum(args[1]);
	@who[stack(6)] = count();
}

mirage:::frame-release
/made[args[0]]/
{
	@life["alloc to release (us)"] =
	    quantize((timestamp - made[args[0]]) / 1000);
	made[args[0]] = 0;
}

END
{
	printf("\n%-10s %10s %12s\n", "WHAT", "TIMES", "BYTES");
	printa("%-10s %@10d %@12d\n", @times, @bytes);
	printa("\n%s %@d", @life);
	printa("\n%s %@d", @references);
	printf("\nWho gives back:\n");
	printa("%@d times%k\n", @who);
}
