#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * life.d: the life of the program in mirage.ko: when it starts and ends, why it
 * loses frames, how it fails.  At the end, how long its turns took.
 *
 *	dtrace -s dtrace/life.d		(as root; until Ctrl-C)
 *
 * Columns: milliseconds since the script began, what, and details.  Probes:
 * docs/probes.md.
 */
#pragma D option quiet
#pragma D option strsize=2048

BEGIN
{
	begun = timestamp;
	printf("%10s  %-8s %s\n", "ms", "what", "details");
}

mirage:::start
{
	printf("%10d  %-8s %s (%s)\n", (timestamp - begun) / 1000000, "start",
	    stringof(args[0]), stringof(args[1]));
}

mirage:::turn-start
{
	turn = timestamp;
}

mirage:::turn-done
/turn != 0/
{
	@turns["ns of a turn"] = quantize(timestamp - turn);
	turn = 0;
}

mirage:::drop
{
	printf("%10d  %-8s %d bytes on interface %d: %s\n",
	    (timestamp - begun) / 1000000, "drop", args[2], args[0],
	    stringof(args[1]));
	@drops[stringof(args[1])] = count();
}

mirage:::budget
{
	printf("%10d  %-8s %s: more than %d\n", (timestamp - begun) / 1000000,
	    "budget", stringof(args[0]), args[1]);
}

mirage:::error
{
	printf("%10d  %-8s %s\n", (timestamp - begun) / 1000000, "error",
	    stringof(args[1]));
}

mirage:::stop
{
	printf("%10d  %-8s %s: %s, exit code %d\n",
	    (timestamp - begun) / 1000000, "stop", stringof(args[0]),
	    stringof(args[1]), args[2]);
}

END
{
	printa("\n%s\n%@d", @turns);
	printa("\n%@10d  frames dropped: %s\n", @drops);
}
