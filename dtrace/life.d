#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * life.d - when the program starts, fails and ends, what it prints and loses.
 *
 * At the end, how long its turns took.
 *
 * A load is seen by who waits for it, with dtrace -Z, see docs/probes.md.
 *
 * USAGE: mirage trace life, or dtrace -s life.d; until Ctrl-C.
 *
 * FIELDS:
 *	MS		milliseconds since the script began
 *	WHAT		load, start, console, drop, budget, error, stop
 *	DETAILS		of that
 *
 * SEE ALSO: drops.d, turns.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option strsize=1024

BEGIN
{
	begun = timestamp;
	printf("%10s  %-8s %s\n", "MS", "WHAT", "DETAILS");
}

mirage:::load
{
	printf("%10d  %-8s %s (%s)\n", (timestamp - begun) / 1000000, "load",
	    stringof(args[0]), stringof(args[1]));
}

mirage:::start
{
	printf("%10d  %-8s %s (%s)\n", (timestamp - begun) / 1000000, "start",
	    stringof(args[0]), stringof(args[1]));
}

mirage:::console
{
	printf("%10d  %-8s %s\n", (timestamp - begun) / 1000000, "console",
	    substr(stringof(args[1]), 0, args[2]));
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
	    (timestamp - begun) / 1000000, "drop", args[2], (int)args[0],
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
