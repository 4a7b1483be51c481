/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compares the float-free libc with plain loops and with the host's libc, and
 * tries setjmp and longjmp.  Prints each check that fails, then how many were
 * made.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mirage_snprintf(char *, size_t, const char *, ...);
int mirage_sprintf(char *, const char *, ...);
int mirage_sscanf(const char *, const char *, ...);
int mirage_strcmp(const char *, const char *);
int mirage_strncmp(const char *, const char *, size_t);
int mirage_atoi(const char *);
long mirage_strtol(const char *, char **, int);
unsigned long mirage_strtoul(const char *, char **, int);
size_t mirage_strlen(const char *);
size_t mirage_strnlen(const char *, size_t);
size_t mirage_strlcpy(char *, const char *, size_t);
size_t mirage_strlcat(char *, const char *, size_t);
size_t mirage_strspn(const char *, const char *);
size_t mirage_strcspn(const char *, const char *);
char *mirage_strcpy(char *, const char *);
char *mirage_strncpy(char *, const char *, size_t);
char *mirage_strcat(char *, const char *);
char *mirage_strchr(const char *, int);
char *mirage_strrchr(const char *, int);
char *mirage_strstr(const char *, const char *);
void *mirage_memchr(const void *, int, size_t);
_Noreturn void mirage_abort(void);
_Noreturn void mirage_assert_fail(const char *, const char *, unsigned);
void mirage_set_abort_hook(void (*)(const char *));
int mirage_setjmp(unsigned long[8]) __attribute__((__returns_twice__));
_Noreturn void mirage_longjmp(unsigned long[8], int);

static unsigned long checks, failures;

static void
expect(bool good, const char *fmt, ...)
{
	va_list args;

	checks++;
	if (good)
		return;
	if (failures++ > 20)
		return;
	va_start(args, fmt);
	printf("FAILED ");
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
}

#define AREA 2048

static unsigned char area[AREA], model[AREA];

static void
fill(void)
{
	for (size_t i = 0; i < AREA; i++)
		area[i] = model[i] = (unsigned char)(i * 7 + (i >> 8));
}

/* Byte by byte; volatile keeps the compiler from calling what is tried. */
static bool
same(void)
{
	volatile unsigned char *a = area, *m = model;

	for (size_t i = 0; i < AREA; i++)
		if (a[i] != m[i])
			return (false);
	return (true);
}

static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 16, 17, 23,
    24, 25, 31, 32, 33, 40, 47, 48, 63, 64, 65, 95, 96, 97, 127, 128, 129, 200,
    255, 256, 257, 511, 512, 513, 700};
#define NSIZES (sizeof(sizes) / sizeof(sizes[0]))

static void
check_memory(void)
{
	volatile unsigned char *m = model;
	/* Through pointers, so that nothing is inlined. */
	void *(*volatile copy)(void *, const void *, size_t) = memcpy;
	void *(*volatile move)(void *, const void *, size_t) = memmove;
	void *(*volatile set)(void *, int, size_t) = memset;
	int (*volatile compare)(const void *, const void *, size_t) = memcmp;

	for (size_t s = 0; s < NSIZES; s++) {
		size_t n = sizes[s];

		for (size_t off = 0; off < 9; off++) {
			fill();
			for (size_t i = 0; i < n; i++)
				m[i + off] = m[1000 + i];
			expect(copy(area + off, area + 1000, n) == area + off &&
				same(),
			    "memcpy of %zu bytes to offset %zu", n, off);
			fill();
			for (size_t i = 0; i < n; i++)
				m[i + off] = 0xa5;
			expect(
			    set(area + off, 0x3a5, n) == area + off && same(),
			    "memset of %zu bytes at offset %zu", n, off);
		}
		for (int d = -70; d <= 70; d++) {
			fill();
			if (d < 0)
				for (size_t i = 0; i < n; i++)
					m[800 + d + (long)i] = m[800 + i];
			else
				for (size_t i = n; i-- > 0;)
					m[800 + d + (long)i] = m[800 + i];
			expect(move(area + 800 + d, area + 800, n) ==
				    area + 800 + d &&
				same(),
			    "memmove of %zu bytes by %d", n, d);
		}
		for (size_t at = 0; at < n; at++) {
			set(area, 'x', AREA);
			expect(compare(area, area + 1001, n) == 0,
			    "memcmp of %zu equal bytes", n);
			area[at] = 0x80;
			area[1001 + at] = 0x7f;
			/* What is behind the difference does not count. */
			area[at + 1] = 0;
			expect(compare(area, area + 1001, n) > 0 &&
				compare(area + 1001, area, n) < 0 &&
				compare(area, area + 1001, at) == 0,
			    "memcmp of %zu bytes that differ at %zu", n, at);
		}
	}
}

static int
sign(int i)
{
	return ((i > 0) - (i < 0));
}

static void
check_strings(void)
{
	static const char *const words[] = {"", "a", "b", "ab", "abc", "abd",
	    "abcabcabd", "\x80", "\xff\x01", "0123456789abcdef",
	    "0123456789abcdefg", "x,y;z", "aaaaaaab"};
	size_t n = sizeof(words) / sizeof(words[0]);
	char mine[64], host[64];

	for (size_t i = 0; i < n; i++) {
		const char *a = words[i];
		size_t len = strlen(a);

		for (size_t off = 0; off < 9; off++) {
			strcpy(mine + off, a);
			expect(mirage_strlen(mine + off) == len,
			    "strlen(\"%s\")", a);
		}
		for (size_t k = 0; k < 20; k++) {
			expect(mirage_strnlen(a, k) == (len < k ? len : k),
			    "strnlen(\"%s\", %zu)", a, k);
			memset(mine, '#', sizeof(mine));
			memset(host, '#', sizeof(host));
			mirage_strncpy(mine, a, k);
			strncpy(host, a, k);
			expect(memcmp(mine, host, sizeof(mine)) == 0,
			    "strncpy(\"%s\", %zu)", a, k);
			memset(mine, '#', sizeof(mine));
			expect(mirage_strlcpy(mine, a, k) == len &&
				(k == 0 ? mine[0] == '#' :
					  mine[len < k ? len : k - 1] == '\0' &&
					    mine[k] == '#'),
			    "strlcpy(\"%s\", %zu)", a, k);
			strcpy(mine, "12");
			expect(
			    mirage_strlcat(mine, a, k) == (k < 2 ? k : 2) + len,
			    "strlcat(\"%s\", %zu)", a, k);
		}
		for (int c = 0; c < 256; c++) {
			expect(mirage_strchr(a, c) == strchr(a, c),
			    "strchr(\"%s\", %d)", a, c);
			expect(mirage_strrchr(a, c) == strrchr(a, c),
			    "strrchr(\"%s\", %d)", a, c);
			expect(mirage_memchr(a, c, len) == memchr(a, c, len),
			    "memchr(\"%s\", %d)", a, c);
		}
		for (size_t j = 0; j < n; j++) {
			const char *b = words[j];

			expect(sign(mirage_strcmp(a, b)) == sign(strcmp(a, b)),
			    "strcmp(\"%s\", \"%s\")", a, b);
			for (size_t k = 0; k < 18; k++)
				expect(sign(mirage_strncmp(a, b, k)) ==
					sign(strncmp(a, b, k)),
				    "strncmp(\"%s\", \"%s\", %zu)", a, b, k);
			expect(mirage_strstr(a, b) == strstr(a, b),
			    "strstr(\"%s\", \"%s\")", a, b);
			expect(mirage_strspn(a, b) == strspn(a, b),
			    "strspn(\"%s\", \"%s\")", a, b);
			expect(mirage_strcspn(a, b) == strcspn(a, b),
			    "strcspn(\"%s\", \"%s\")", a, b);
			mirage_strcat(mirage_strcpy(mine, a), b);
			strcat(strcpy(host, a), b);
			expect(strcmp(mine, host) == 0,
			    "strcat(\"%s\", \"%s\")", a, b);
		}
	}
}

#define PRINT(...)                                                           \
	do {                                                                 \
		char mine[64], host[64];                                     \
		int m, h;                                                    \
		for (size_t size = 0; size <= sizeof(mine); size += 7) {     \
			memset(mine, '#', sizeof(mine));                     \
			memset(host, '#', sizeof(host));                     \
			m = mirage_snprintf(mine, size, __VA_ARGS__);        \
			h = snprintf(host, size, __VA_ARGS__);               \
			expect(                                              \
			    m == h && memcmp(mine, host, sizeof(mine)) == 0, \
			    "snprintf(%zu, " #__VA_ARGS__                    \
			    "): %d \"%.63s\", the host has %d \"%.63s\"",    \
			    size, m, mine, h, host);                         \
		}                                                            \
	} while (0)

static void
check_printf(void)
{
	static const int ints[] = {0, 1, -1, 7, -42, 12345, INT_MAX, INT_MIN};
	static const long longs[] = {0, 1, -1, 99, LONG_MAX, LONG_MIN};

	PRINT("plain");
	PRINT("100%%");
	PRINT("%s", "text");
	PRINT("[%10s][%-10s][%.2s][%10.2s][%-10.2s]", "abc", "abc", "abc",
	    "abc", "abc");
	PRINT("[%*s][%-*s][%*s]", 6, "ab", 6, "ab", -6, "ab");
	PRINT("[%.*s][%.*s]", 1, "ab", -1, "ab");
	PRINT("%c%5c%-5c|", 'a', 'b', 'c');
	PRINT("%p %20p", (void *)0x1234abcd, (void *)0x10);
	PRINT("%s-%02d-%02d%c%02d:%02d:%02d.%03d%s", "2026", 1, 2, 'T', 3, 4, 5,
	    6, "Z");
	PRINT("%hhd %hhu %hd %hu", 300, 300, 70000, 70000);
	PRINT("%zu %zd %jd %td", (size_t)1 << 40, (ssize_t)-5, (intmax_t)-6,
	    (ptrdiff_t)-7);
	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
		int v = ints[i];

		PRINT("%d|%i|%u|%x|%X|%o", v, v, v, v, v, v);
		PRINT("%5d|%-5d|%05d|%+d|% d", v, v, v, v, v);
		PRINT("%.0d|%.5d|%8.3d|%-8.3d|%08.3d", v, v, v, v, v);
		PRINT("%#x|%#X|%#o|%#10x|%#010x|%#.5o", v, v, v, v, v, v);
		PRINT("%+.3d|%+08d|% 8d", v, v, v);
		PRINT("%08lx|%04ld|%06ld", (long)v, (long)v, (long)v);
	}
	for (size_t i = 0; i < sizeof(longs) / sizeof(longs[0]); i++) {
		long v = longs[i];

		PRINT("%ld|%lu", v, v);
		PRINT("%lx|%lld", v, (long long)v);
	}
	{
		char mine[32];

		expect(
		    mirage_snprintf(mine, sizeof(mine), "%d%k%d", 1, 2) == 4 &&
			strcmp(mine, "1%k2") == 0,
		    "an unknown conversion takes no argument: \"%s\"", mine);
		expect(mirage_snprintf(mine, sizeof(mine), "a%") == 2 &&
			strcmp(mine, "a%") == 0,
		    "a lone %% at the end: \"%s\"", mine);
		expect(mirage_sprintf(mine, "%d-%s", 5, "x") == 3 &&
			strcmp(mine, "5-x") == 0,
		    "sprintf: \"%s\"", mine);
		expect(mirage_snprintf(mine, 7, "%s", (char *)NULL) == 6 &&
			strcmp(mine, "(null)") == 0,
		    "%%s of NULL: \"%s\"", mine);
	}
}

static void
check_numbers(void)
{
	static const char *const texts[] = {"", "0", "1", "-1", "+5", " \t42x",
	    "0x1f", "0X1F", "0x", "0xg", "017", "08", "z", "-z",
	    "9223372036854775807", "9223372036854775808",
	    "-9223372036854775808", "-9223372036854775809",
	    "18446744073709551615", "18446744073709551616",
	    "99999999999999999999999", "-18446744073709551615", "--1", "- 1"};
	static const int bases[] = {0, 2, 8, 10, 16, 36};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t b = 0; b < sizeof(bases) / sizeof(bases[0]); b++) {
			const char *t = texts[i];
			char *mine, *host;

			expect(mirage_strtol(t, &mine, bases[b]) ==
				    strtol(t, &host, bases[b]) &&
				mine == host,
			    "strtol(\"%s\", %d)", t, bases[b]);
			expect(mirage_strtoul(t, &mine, bases[b]) ==
				    strtoul(t, &host, bases[b]) &&
				mine == host,
			    "strtoul(\"%s\", %d): %lu", t, bases[b],
			    mirage_strtoul(t, &mine, bases[b]));
		}
	expect(mirage_atoi("-123abc") == -123, "atoi");
}

#define SCAN(input, fmt)                                                       \
	do {                                                                   \
		memset(mine, 0x55, sizeof(mine));                              \
		memset(host, 0x55, sizeof(host));                              \
		m = mirage_sscanf(input, fmt, mine, mine + 16, mine + 32);     \
		h = sscanf(input, fmt, host, host + 16, host + 32);            \
		expect(m == h && memcmp(mine, host, sizeof(mine)) == 0,        \
		    "sscanf(\"%s\", \"%s\"): %d, the host has %d", input, fmt, \
		    m, h);                                                     \
	} while (0)

static void
check_scanf(void)
{
	static const char *const inputs[] = {"", " ", "12", "-3 4 5", "0x1f,2",
	    "0xdeadbeef)", "abc def", "  77", "1:2:3", "%5", "x", "08 9",
	    "123456789012"};
	static const char *const formats[] = {"%d", "%d %d %d", "%i,%u", "%p",
	    "%s %s", "%3s%s", "%c", "%d:%d:%d", "%%%d", "%x", "%lx", "%ld%n",
	    "%hhd", "%hd", "%2d%3d%n", "%*d %d", "%o", "x%n", " %c"};
	char mine[48], host[48];
	int m, h;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]);
		    f++)
			SCAN(inputs[i], formats[f]);
}

static unsigned long env[8];

static __attribute__((__noinline__)) void
deeper(int depth, int value)
{
	volatile char waste[100];

	waste[0] = (char)depth;
	if (depth == 0)
		mirage_longjmp(env, value);
	deeper(depth - 1, value);
	waste[1] = waste[0];
}

static void
check_setjmp(void)
{
	static const int values[] = {1, 2, -1, INT_MAX, INT_MIN, 0};
	volatile size_t i;
	volatile int kept = 0;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int expected = values[i] == 0 ? 1 : values[i];
		int got = mirage_setjmp(env);

		if (got == 0) {
			kept = (int)i * 3;
			deeper(10, values[i]);
		}
		expect(got == expected && kept == (int)i * 3,
		    "longjmp(%d) arrives as %d", values[i], got);
	}
}

/* The registers that a function must keep hold what they held at setjmp. */
static void
check_registers(void)
{
	unsigned long wrong = 99;

	__asm__ __volatile__("pushq %%rbp\n\t"
			     "subq $128, %%rsp\n\t" /* the red zone */
			     "movq $11, %%rbx\n\t"
			     "movq $12, %%rbp\n\t"
			     "movq $13, %%r12\n\t"
			     "movq $14, %%r13\n\t"
			     "movq $15, %%r14\n\t"
			     "movq $16, %%r15\n\t"
			     "movq %%rsp, %%rax\n\t"
			     "andq $-16, %%rsp\n\t"
			     "subq $16, %%rsp\n\t"
			     "movq %%rax, (%%rsp)\n\t"
			     "leaq %1, %%rdi\n\t"
			     "call mirage_setjmp\n\t"
			     "testl %%eax, %%eax\n\t"
			     "jnz 1f\n\t"
			     "xorl %%ebx, %%ebx\n\t"
			     "xorl %%ebp, %%ebp\n\t"
			     "xorl %%r12d, %%r12d\n\t"
			     "xorl %%r13d, %%r13d\n\t"
			     "xorl %%r14d, %%r14d\n\t"
			     "xorl %%r15d, %%r15d\n\t"
			     "subq $256, %%rsp\n\t"
			     "leaq %1, %%rdi\n\t"
			     "movl $7, %%esi\n\t"
			     "call mirage_longjmp\n\t"
			     "1: movq (%%rsp), %%rsp\n\t"
			     "subl $7, %%eax\n\t"
			     "subq $11, %%rbx\n\t"
			     "subq $12, %%rbp\n\t"
			     "subq $13, %%r12\n\t"
			     "subq $14, %%r13\n\t"
			     "subq $15, %%r14\n\t"
			     "subq $16, %%r15\n\t"
			     "orq %%rbx, %%rax\n\t"
			     "orq %%rbp, %%rax\n\t"
			     "orq %%r12, %%rax\n\t"
			     "orq %%r13, %%rax\n\t"
			     "orq %%r14, %%rax\n\t"
			     "orq %%r15, %%rax\n\t"
			     "addq $128, %%rsp\n\t"
			     "popq %%rbp\n\t"
	    : "=&a"(wrong)
	    : "m"(env)
	    : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
	    "r12", "r13", "r14", "r15", "memory", "cc");
	expect(wrong == 0, "registers after longjmp");
}

static char reason[256];

static void
note(const char *why)
{
	snprintf(reason, sizeof(reason), "%s", why);
	mirage_longjmp(env, 1);
}

static void
check_abort(void)
{
	mirage_set_abort_hook(note);
	if (mirage_setjmp(env) == 0)
		mirage_abort();
	expect(strstr(reason, "abort") != NULL, "abort says \"%s\"", reason);
	if (mirage_setjmp(env) == 0)
		mirage_assert_fail("a == b", "file.c", 42);
	expect(strstr(reason, "a == b, file.c:42") != NULL,
	    "a failed assertion says \"%s\"", reason);
}

int
main(void)
{
	check_memory();
	check_strings();
	check_printf();
	check_numbers();
	check_scanf();
	check_setjmp();
	check_registers();
	check_abort();
	printf("%lu checks, %lu failed\n", checks, failures);
	return (failures == 0 ? 0 : 1);
}
