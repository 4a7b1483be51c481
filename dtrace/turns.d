#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * turns.d - turns of the run loop: time, instructions, what wakes it.
 *
 * A turn that is long keeps frames waiting; one of more instructions than
 * rtparam i ends the program (budget).
 *
 * USAGE: mirage trace turns, or dtrace -s turns.d; Ctrl-C prints.
 *
 * FIELDS: plots
 *	turn (ns)	elapsed time of a turn
 *	instructions	charged to a turn
 *	sleep (us)	from falling asleep to waking up
 *	CAUSE, TIMES	what woke it; several can come together
 *	LONGEST		ns and instructions
 *
 * SEE ALSO: latency.d, js_stat.d, mirage-trace(8), docs/rtparams.md
 */
#pragma D option quiet

self uint64_t charged;

BEGIN
{
	printf("Timing turns, until Ctrl-C.\n");
}

mirage:::turn-start
{
	self->turn = timestamp;
}

mirage:::turn-done
/self->turn/
{
	this->time = timestamp - self->turn;
	@time["turn (ns)"] = quantize(this->time);
	@longest["ns"] = max(this->time);
	self->turn = 0;
}

/* What is charged is counted from the program's start. */
mirage:::turn-done
/self->charged && args[1] >= self->charged/
{
	this->work = args[1] - self->charged;
	@work["instructions"] = quantize(this->work);
	@longest["instructions"] = max(this->work);
}

mirage:::turn-done
{
	self->charged = args[1];
}

mirage:::sleep
{
	self->slept = timestamp;
}

mirage:::wakeup
/self->slept/
{
	@sleep["sleep (us)"] = quantize((timestamp - self->slept) / 1000);
	self->slept = 0;
}

mirage:::wakeup
/args[1] & 1/
{
	@causes["timer"] = count();
}

mirage:::wakeup
/args[1] & 2/
{
	@causes["frame"] = count();
}

mirage:::wakeup
/args[1] & 4/
{
	@causes["stop"] = count();
}

mirage:::wakeup
/(args[1] & 7) == 0/
{
	@causes["other"] = count();
}

END
{
	printa("\n%s %@d", @time);
	printa("\n%s %@d", @work);
	printa("\n%s %@d", @sleep);
	printf("\n%-16s %10s\n", "CAUSE", "TIMES");
	printa("%-16s %@10d\n", @causes);
	printf("\n%-16s %10s\n", "LONGEST", "");
	printa("%-16s %@10d\n", @longest);
}
