#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * heap.d - memory by the TypeScript function or line that allocates it.
 *
 * Bytes are those asked for, given back or not: a function high in the first
 * table and missing in the last makes garbage; one in the last keeps
 * what it makes, or holds it until the next collection.
 *
 * USAGE: mirage trace heap, or dtrace -s heap.d; Ctrl-C prints.
 *
 * FIELDS:
 *	BYTES		allocated, or got from the platform when the heap grew
 *	FUNCTION	the innermost that ran, with file and line; - outside
 *	LIVE		objects made since the script began, not yet finalized
 *	CLASS, FILE:LINE of these, and where they are made
 *
 * SEE ALSO: gc.d, js_objnew.d, js_objgc.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option dynvarsize=16m
#pragma D option strsize=512

BEGIN
{
	printf("Counting memory, until Ctrl-C.\n");
}

/* The text of what runs is at the same place until the program ends. */
mirage:::sample
{
	text = (uintptr_t)args[0];
}

fbt:mirage:mirage_heap_alloc:entry
{
	this->all = text ? stringof((char *)text) : "-";
	this->last = strrchr(this->all, ';');
	@bytes[this->last == NULL ? this->all : substr(this->last, 1)] =
	    sum(arg1);
}

mirage:::heap-grow
{
	this->all = text ? stringof((char *)text) : "-";
	this->last = strrchr(this->all, ';');
	@growth[this->last == NULL ? this->all : substr(this->last, 1)] =
	    sum(args[0]);
}

mirage:::object-create
{
	file[args[2]] = stringof(args[0]);
	line[args[2]] = args[3];
	@live[stringof(args[1]), stringof(args[0]), args[3]] = sum(1);
}

mirage:::object-finalize
/line[args[2]]/
{
	@live[stringof(args[1]), file[args[2]], line[args[2]]] = sum(-1);
	file[args[2]] = 0;
	line[args[2]] = 0;
}

END
{
	printf("\n%12s %s\n", "BYTES", "FUNCTION");
	printa("%@12d %s\n", @bytes);
	printf("\nWhen the heap grew:\n%12s %s\n", "BYTES", "FUNCTION");
	printa("%@12d %s\n", @growth);
	printf("\n%8s %-24s %s\n", "LIVE", "CLASS", "FILE:LINE");
	printa("%@8d %-24s %s:%d\n", @live);
}
