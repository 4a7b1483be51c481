/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * fpu-canary SECONDS [plant]: one process on each CPU keeps known values in
 * the x87 and SSE (AVX, where there is) registers and in both control words,
 * and looks at them all again and again.  A kernel that computes with these
 * registers and does not give them back is seen as a change.
 *
 * "plant" changes one register itself, now and then, to show that a change is
 * seen.
 *
 * Prints "cpu N sse|avx rounds N changes N" for each CPU; exit code 1 if there
 * was a change.
 */
#include "freebsd.h"

GUEST_START;

#define VECTORS 16
#define STACK	8 /* x87 registers */

struct registers {
	uint8_t vector[VECTORS][32]; /* the upper half: AVX */
	uint8_t x87[STACK][16]; /* 10 bytes each */
	uint32_t mxcsr;
	uint16_t control;
};

static struct registers want __attribute__((aligned(64)));
static struct registers got __attribute__((aligned(64)));

static bool
has_avx(void)
{
	uint32_t a = 1, b, c = 0, d, low = 0, high;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	/* The CPU has it, and the kernel keeps it. */
	if ((c & (1u << 27 | 1u << 28)) != (1u << 27 | 1u << 28))
		return (false);
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return ((low & 6) == 6);
}

/* Values that are no NaN, so that loading and storing them keeps each bit. */
static void
choose(uint64_t seed)
{
	unsigned i, j;

	for (i = 0; i < VECTORS; i++)
		for (j = 0; j < 32; j++)
			want.vector[i][j] =
			    (uint8_t)(seed * 31 + i * 37 + j * 11 + 1);
	for (i = 0; i < STACK; i++) {
		for (j = 0; j < 8; j++)
			want.x87[i][j] = (uint8_t)(seed * 7 + i * 13 + j);
		want.x87[i][7] |= 0x80; /* the integer bit */
		want.x87[i][8] = (uint8_t)(0xf0 + i);
		want.x87[i][9] = 0x3f;
	}
	want.mxcsr = 0x1f80 | 0x6000; /* all masked, rounding to zero */
	want.control = 0x0f7f; /* likewise */
}

#define LOW(OP)	     OP(0) OP(1) OP(2) OP(3) OP(4) OP(5) OP(6) OP(7)
#define HIGH(OP)     OP(8) OP(9) OP(10) OP(11) OP(12) OP(13) OP(14) OP(15)
#define EACH(OP)     LOW(OP) HIGH(OP)
#define LOAD_SSE(n)  "movups	32*" #n "(%[want]), %%xmm" #n "\n"
#define LOAD_AVX(n)  "vmovups	32*" #n "(%[want]), %%ymm" #n "\n"
#define STORE_SSE(n) "movups	%%xmm" #n ", 32*" #n "(%[got])\n"
#define STORE_AVX(n) "vmovups	%%ymm" #n ", 32*" #n "(%[got])\n"
#define LOAD_X87(n)  "fldt	512+16*" #n "(%[want])\n"
#define STORE_X87(n) "fstpt	512+16*" #n "(%[got])\n"

/*
 * Loads all, lets time pass (the timer and interrupts come whenever they
 * like; every other round gives the CPU away itself), stores all.
 */
#define ROUND(LOAD, STORE)                                                  \
	__asm__ volatile(                                                   \
	    "fninit\n"                                                      \
	    "ldmxcsr	640(%[want])\n"                                        \
	    "fldcw	644(%[want])\n" LOAD_X87(7) LOAD_X87(6) LOAD_X87(5) \
		LOAD_X87(4) LOAD_X87(3) LOAD_X87(2) LOAD_X87(1) LOAD_X87(0) \
		    EACH(LOAD) "1:	pause\n"                                 \
			       "decq	%[spins]\n"                            \
			       "jnz	1b\n"                                   \
			       "testq	%[yield], %[yield]\n"                 \
			       "jz	2f\n"                                    \
			       "movl	$331, %%eax\n"                         \
			       "syscall\n"                                  \
			       "2:	testq	%[plant], %[plant]\n"              \
			       "jz	3f\n"                                    \
			       "movups	32(%[want]), %%xmm5\n"               \
			       "3:\n" EACH(STORE) STORE_X87(0) STORE_X87(1) \
				   STORE_X87(2) STORE_X87(3) STORE_X87(4)   \
				       STORE_X87(5) STORE_X87(6) STORE_X87( \
					   7) "stmxcsr	640(%[got])\n"       \
					      "fnstcw	644(%[got])\n"        \
	    : [spins] "+&r"(spins)                                          \
	    : [want] "r"(&want), [got] "r"(&got),                           \
	    [yield] "r"((uint64_t)yield), [plant] "r"((uint64_t)plant)      \
	    : "rax", "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11",  \
	    "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", \
	    "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",      \
	    "xmm13", "xmm14", "xmm15")

static bool
kept(bool avx, bool yield, bool plant)
{
	const uint8_t *a = (const uint8_t *)&want;
	const uint8_t *b = (const uint8_t *)&got;
	uint64_t spins = 20000;
	bool same = true;
	size_t i;

	memset(&got, 0, sizeof(got));
	if (avx)
		ROUND(LOAD_AVX, STORE_AVX);
	else
		ROUND(LOAD_SSE, STORE_SSE);
	for (i = 0; i < offsetof(struct registers, x87) && same; i++)
		same = (!avx && i % 32 >= 16) || a[i] == b[i];
	for (; i < offsetof(struct registers, mxcsr) && same; i++)
		same = i % 16 >= 10 || a[i] == b[i];
	return (same && got.mxcsr == want.mxcsr && got.control == want.control);
}

/* Sizes of a cpuset_t in the versions of the kernel; it wants its own. */
static void
stay_on(int cpu)
{
	static uint8_t set[128];
	size_t size;

	set[cpu / 8] = (uint8_t)(1 << (cpu % 8));
	for (size = 8; size <= sizeof(set); size *= 2)
		if (CALL(cpuset_setaffinity, 3, 2, -1, size, set) == 0)
			return;
	die("cannot stay on CPU ", (uint64_t)cpu);
}

static int
cpus(void)
{
	int name[2] = {6, 3}; /* hw.ncpu */
	int count = 1;
	size_t len = sizeof(count);

	if (CALL(sysctl, name, 2, &count, &len, 0, 0) < 0 || count > 64)
		return (1);
	return (count);
}

static int
watch(int cpu, uint64_t until, bool plant)
{
	bool avx = has_avx();
	uint64_t rounds = 0, changes = 0;

	stay_on(cpu);
	do {
		choose(rounds * 64 + (uint64_t)cpu);
		if (!kept(avx, rounds % 2 == 1, plant && rounds % 100 == 50))
			changes++;
		rounds++;
	} while (now_ms() < until);
	print("cpu ");
	print_number((uint64_t)cpu);
	print(avx ? " avx" : " sse");
	print(" rounds ");
	print_number(rounds);
	print(" changes ");
	print_number(changes);
	print("\n");
	return (changes == 0 ? 0 : 1);
}

int
main(int argc, char **argv)
{
	int count = cpus(), i, status, failed = 0;
	uint64_t until;

	if (argc < 2 || argc > 3)
		die("SECONDS [plant]; words: ", (uint64_t)argc);
	until = now_ms() + 1000 * number_of(argv[1], 86400);
	for (i = 0; i < count; i++) {
		long child = CALL(fork, 0);

		if (child == 0)
			leave(watch(i, until, argc == 3));
		if (child < 0)
			die("fork: error ", (uint64_t)-child);
	}
	for (i = 0; i < count; i++) {
		if (CALL(wait4, -1, &status, 0, 0) < 0 || status != 0)
			failed = 1;
	}
	return (failed);
}
