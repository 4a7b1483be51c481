/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * libFuzzer's entry: one input is one life of a stack.
 */
#include <string.h>

#include "fuzz.h"

#define NS_PER_MS    UINT64_C(1000000)
#define HEAP_BYTES   (UINT64_C(16) << 20) /* the budget that must hold */
#define INSTRUCTIONS (UINT64_C(4) << 20) /* of one frame, call or timer */
#define OPERATIONS   400 /* of one input */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Milliseconds: short ones in steps, long ones in powers of two. */
static void
pass_time(struct fuzz *f, struct input *in)
{
	uint32_t how = take8(in);
	uint64_t ms = how < 128 ? how : UINT64_C(1) << ((how & 127) % 18);

	stack_advance_to(f->stack, stack_now(f->stack) + ms * NS_PER_MS);
}

static void
operation(struct fuzz *f, struct input *in)
{
	static void (*const all[])(struct fuzz *, struct input *) = {input_data,
	    input_segment, input_handshake, program_call, input_data,
	    input_segment, pass_time, program_call, input_data, input_segment,
	    input_handshake, program_call, input_data, input_segment, pass_time,
	    program_call, input_datagram, input_segment, input_error,
	    program_call, input_fragment, input_segment, input_neighbour,
	    input_raw};

	all[take8(in) % (sizeof(all) / sizeof(all[0]))](f, in);
}

/* Each frame that came in is dropped once at most. */
static void
check_counters(struct fuzz *f)
{
	const char *name;
	uint64_t value, frames = stack_counter(f->stack, "frames.in");
	unsigned i;

	CHECK(f, frames == f->frames_in, "frames were not counted", frames,
	    f->frames_in);
	for (i = 0; stack_counter_at(f->stack, i, &name, &value); i++)
		CHECK(f, value < UINT64_C(1) << 62, name, value, i);
	CHECK(f, stack_counter(f->stack, "frames.out") < 100000,
	    "one input makes a storm", f->frames_in,
	    stack_counter(f->stack, "frames.out"));
}

static void
configure(struct fuzz *f)
{
	int32_t done = STACK_CALL(
	    f->stack, "configure", 0, OWN_IPV4, PREFIX_IPV4, GATEWAY_IPV4);

	const struct ip v6 = own_ip(true);

	CHECK(f, done == 0, "the address is refused", (uint64_t)done, 0);
	done = STACK_CALL(f->stack, "ip6_configure", 0, v6.word[0], v6.word[1],
	    v6.word[2], v6.word[3], PREFIX_IPV6, 0);
	CHECK(f, done == 0, "the IPv6 address is refused", (uint64_t)done, 0);
	(void)STACK_CALL(f->stack, "ip6_router", 0, 0xfe800000, 0, 0, 1);
	/* Until it is known that nobody else has it. */
	stack_advance_to(f->stack, stack_now(f->stack) + 3000 * NS_PER_MS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint32_t mtus[] = {1500, 1500, 9000, 1280};
	static struct fuzz fuzz;
	struct fuzz *f = &fuzz;
	struct input in = {bytes, len};
	struct stack_options options = {0};
	struct stack_leaks leaks;
	uint32_t how = take8(&in), n;

	memset(f, 0, sizeof(*f));
	f->mtu = mtus[how & 3];
	f->greedy = how & 4;
	f->quiet = (how & 0xe0) == 0xe0;
	options.mtu = f->mtu;
	options.heap_bytes = HEAP_BYTES;
	options.instructions = INSTRUCTIONS;
	options.events = how & 8 ? 16 : 1024;
	options.frames = how & 0x10 ? 64 : 4096;
	options.sent = sent;
	options.event = program_event;
	options.arg = f;
	f->stack = stack_open(&options);
	CHECK(f, f->stack != NULL && *stack_error(f->stack) == '\0',
	    "the stack does not start", 0, 0);
	configure(f);
	program_start(f);
	for (n = 0; in.len > 0 && n < OPERATIONS; n++) {
		operation(f, &in);
		CHECK(f, *stack_error(f->stack) == '\0', "trapped", n, 0);
	}
	program_end(f);
	check_counters(f);
	stack_close(f->stack, &leaks);
	f->stack = NULL;
	CHECK(f, leaks.bytes == 0 && leaks.frames == 0, "memory is left",
	    leaks.bytes, leaks.frames);
	return (0);
}
