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
 * DTrace has room for some hundreds to thousands of objects that live at once
 * (a kernel divides dynvarsize by the CPUs that it could have, 14's by 1,024).
 * Where it says "dynamic variable drops", LIVE and BYTES lack what found no
 * room; js_objgc.d needs none, and counts all.
 *
 * USAGE: mirage trace heap, or dtrace -s heap.d; Ctrl-C prints.
 *
 * FIELDS:
 *	BYTES		allocated, or got from the platform when the heap grew
 *	FUNCTION	the innermost that ran; - outside of TypeScript
 *	FILE:LINE	where it begins; of a built-in one where it was called
 *	LIVE		objects made since the script began, not yet finalized
 *	CLASS		of these, with where they are made
 *
 * SEE ALSO: gc.d, js_objnew.d, js_objgc.d, mirage-trace(8)
 */
#pragma D option quiet
#pragma D option dynvarsize=128m
#pragma D option strsize=128

self int depth;

BEGIN
{
	printf("Counting memory, until Ctrl-C.\n");
}

/* Nothing of self becomes 0: that would free it, and have it allocated anew. */
mirage:::function-info
{
	this->builtin = stringof(args[0]) == "native";
	self->depth = self->depth ? self->depth + 1 : 2;
	self->name[self->depth] = (uintptr_t)args[2];
	self->file[self->depth] =
	    this->builtin ? (uintptr_t)args[4] : (uintptr_t)args[0];
	self->line[self->depth] = 1 + (this->builtin ? args[5] : args[3]);
}

mirage:::function-return
/self->depth > 1/
{
	self->depth--;
}

fbt:mirage:mirage_heap_alloc:entry
/self->depth > 1 && self->name[self->depth] && self->file[self->depth]/
{
	@bytes[stringof((char *)self->name[self->depth]),
	    stringof((char *)self->file[self->depth]),
	    self->line[self->depth] - 1] = sum(arg1);
}

fbt:mirage:mirage_heap_alloc:entry
/self->depth <= 1/
{
	@bytes["-", "-", 0] = sum(arg1);
}

mirage:::heap-grow
/self->depth > 1 && self->name[self->depth] && self->file[self->depth]/
{
	@growth[stringof((char *)self->name[self->depth]),
	    stringof((char *)self->file[self->depth]),
	    self->line[self->depth] - 1] = sum(args[0]);
}

mirage:::heap-grow
/self->depth <= 1/
{
	@growth["-", "-", 0] = sum(args[0]);
}

/* File and line are one variable: a kernel's addresses begin with 16 ones. */
mirage:::object-create
{
	made[args[2]] = ((uintptr_t)args[0] << 16) | (args[3] + 1);
	@live[stringof(args[1]), stringof(args[0]), args[3]] = sum(1);
}

mirage:::object-finalize
/made[args[2]]/
{
	@live[stringof(args[1]), stringof((char *)((made[args[2]] >> 16) |
	    0xffff000000000000)), (made[args[2]] & 0xffff) - 1] = sum(-1);
	made[args[2]] = 0;
}

END
{
	printf("\n%12s %-32s %s\n", "BYTES", "FUNCTION", "FILE:LINE");
	printa("%@12d %-32s %s:%d\n", @bytes);
	printf("\nWhen the heap grew:\n%12s %-32s %s\n", "BYTES", "FUNCTION",
	    "FILE:LINE");
	printa("%@12d %-32s %s:%d\n", @growth);
	printf("\n%12s %-32s %s\n", "LIVE", "CLASS", "FILE:LINE");
	printa("%@12d %-32s %s:%d\n", @live);
}
