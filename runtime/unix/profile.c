/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --profile FILE: where the program's thread spends its CPU time.  A timer of
 * that time interrupts it; each time the TypeScript functions that run (as the
 * probe `sample` has them) and the addresses of the C functions around them are
 * counted.  At the end they get names and go to the file, in the form that
 * dtrace/flame.d prints.
 *
 * Needs no rights and nothing of the kernel's but timer_create(2).  What the
 * kernel does for the thread counts for the function that called it.
 */
#include <sys/mman.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <mirage/instance.h>
#include <mirage/probes.h>

#include "profile.h"

#define PROFILE_HZ    997 /* not in step with what runs each millisecond */
#define PROFILE_DEPTH 96 /* C functions */
#define PROFILE_WORDS 32 /* of the stack, looked at for a return address */

#define BUCKETS	    16384
#define ARENA_BYTES (64u << 20) /* reserved, used as far as it must be */

struct stack {
	struct stack *next; /* in its bucket */
	uint64_t hash;
	uint64_t count; /* samples */
	uint32_t npcs;
	uint32_t length; /* of the text behind the addresses, with its NUL */
	uintptr_t pcs[]; /* innermost first */
};

struct profile {
	FILE *out;
	struct mirage_instance *instance;
	uintptr_t low, high; /* the thread's stack */
	timer_t timer;
	bool running;
	char *arena;
	size_t used;
	uint64_t lost; /* samples for which there was no room */
	struct stack *buckets[BUCKETS];
};

extern const char __executable_start[], etext[];

static bool
is_own(uintptr_t pc)
{
	return (pc >= (uintptr_t)__executable_start && pc < (uintptr_t)etext);
}

/* --- in the signal handler --- */

static uint32_t
walk(const struct profile *f, const ucontext_t *context, uintptr_t *pcs)
{
	const greg_t *regs = context->uc_mcontext.gregs;
	uintptr_t fp = (uintptr_t)regs[REG_RBP], next;
	const uintptr_t *sp = (const uintptr_t *)regs[REG_RSP];
	uint32_t i, n = 0;

	pcs[n++] = (uintptr_t)regs[REG_RIP];
	/* Libraries keep no frame pointers: who called is not far up. */
	if (!is_own(pcs[0])) {
		for (i = 0;
		    i < PROFILE_WORDS && (uintptr_t)(sp + i) >= f->low &&
		    (uintptr_t)(sp + i + 1) <= f->high;
		    i++) {
			if (is_own(sp[i])) {
				pcs[n++] = sp[i];
				break;
			}
		}
	}
	while (n < PROFILE_DEPTH && fp % sizeof(fp) == 0 && fp >= f->low &&
	    fp <= f->high - 2 * sizeof(fp)) {
		pcs[n] = ((const uintptr_t *)fp)[1];
		next = ((const uintptr_t *)fp)[0];
		if (pcs[n++] == 0 || next <= fp)
			break;
		fp = next;
	}
	return (n);
}

static uint64_t
hash_of(const void *bytes, size_t len, uint64_t hash)
{
	const uint8_t *p = bytes;

	while (len-- > 0)
		hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
	return (hash);
}

static void
count(struct profile *f, const uintptr_t *pcs, uint32_t npcs, const char *text,
    uint64_t samples)
{
	uint32_t length = (uint32_t)strlen(text) + 1;
	uint64_t hash;
	struct stack **at, *s;
	size_t bytes;

	hash = hash_of(pcs, npcs * sizeof(*pcs), UINT64_C(0xcbf29ce484222325));
	hash = hash_of(text, length, hash);
	at = &f->buckets[hash % BUCKETS];
	for (s = *at; s != NULL; s = s->next) {
		if (s->hash == hash && s->npcs == npcs && s->length == length &&
		    memcmp(s->pcs, pcs, npcs * sizeof(*pcs)) == 0 &&
		    memcmp(&s->pcs[npcs], text, length) == 0) {
			s->count += samples;
			return;
		}
	}
	bytes = (sizeof(*s) + npcs * sizeof(*pcs) + length + 15) & ~(size_t)15;
	if (bytes > ARENA_BYTES - f->used) {
		f->lost += samples;
		return;
	}
	s = (struct stack *)(f->arena + f->used);
	f->used += bytes;
	s->next = *at;
	s->hash = hash;
	s->count = samples;
	s->npcs = npcs;
	s->length = length;
	memcpy(s->pcs, pcs, npcs * sizeof(*pcs));
	memcpy(&s->pcs[npcs], text, length);
	*at = s;
}

static void
take(int sig, siginfo_t *info, void *context)
{
	struct profile *f = info->si_value.sival_ptr;
	uintptr_t pcs[PROFILE_DEPTH + 1];
	int saved = errno;

	/* Somebody else's SIGPROF has no timer of ours. */
	if (info->si_code == SI_TIMER)
		count(f, pcs, walk(f, context, pcs),
		    mirage_instance_functions(f->instance),
		    1 + (uint64_t)info->si_overrun);
	errno = saved;
}

/* --- on the program's thread --- */

void
profile_begin(struct profile *f, struct mirage_instance *instance,
    uintptr_t low, uintptr_t high)
{
	struct itimerspec every = {
	    .it_interval.tv_nsec = 1000000000 / PROFILE_HZ,
	    .it_value.tv_nsec = 1000000000 / PROFILE_HZ,
	};
	struct sigaction action = {
	    .sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
	    .sigev_signo = SIGPROF,
	    .sigev_value.sival_ptr = f,
	    ._sigev_un._tid = gettid()};

	f->instance = instance;
	f->low = low;
	f->high = high;
	sigaction(SIGPROF, &action, NULL);
	/* A tracer counts in the lower half, at any time. */
	__atomic_fetch_add(
	    &mirage_probe_sample_enabled, 1u << 16, __ATOMIC_RELAXED);
	f->running =
	    timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &f->timer) == 0 &&
	    timer_settime(f->timer, 0, &every, NULL) == 0;
	if (!f->running)
		fprintf(stderr, "mirage: --profile: a timer: %s\n",
		    strerror(errno));
}

void
profile_end(struct profile *f)
{
	sigset_t set;

	if (f->running)
		timer_delete(f->timer);
	sigemptyset(&set);
	sigaddset(&set, SIGPROF);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	__atomic_fetch_sub(
	    &mirage_probe_sample_enabled, 1u << 16, __ATOMIC_RELAXED);
}

/* --- before and after --- */

struct profile *
profile_open(const char *path, char *error)
{
	struct profile *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		snprintf(error, ERROR_BYTES, "--profile %s: no memory", path);
		return (NULL);
	}
	f->out = fopen(path, "we");
	if (f->out == NULL) {
		snprintf(error, ERROR_BYTES, "--profile %s: %s", path,
		    strerror(errno));
		free(f);
		return (NULL);
	}
	f->arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (f->arena == MAP_FAILED) {
		snprintf(error, ERROR_BYTES, "--profile %s: no memory", path);
		fclose(f->out);
		free(f);
		return (NULL);
	}
	return (f);
}

/* A return address is behind the call, maybe in the next function. */
static void
print_stack(FILE *out, const struct symbols *symbols, const struct stack *s)
{
	uint32_t i;

	fprintf(out, "js %s\n", (const char *)&s->pcs[s->npcs]);
	for (i = 0; i < s->npcs; i++)
		symbols_print(symbols, out, s->pcs[i] - (i == 0 ? 0 : 1));
	fprintf(out, "count %llu\n\n", (unsigned long long)s->count);
}

bool
profile_close(struct profile *f)
{
	struct symbols *symbols = symbols_open();
	const struct stack *s;
	unsigned i;
	bool good;

	fprintf(f->out, "program %s\n\n", symbols_path(symbols));
	for (i = 0; i < BUCKETS; i++)
		for (s = f->buckets[i]; s != NULL; s = s->next)
			print_stack(f->out, symbols, s);
	if (f->lost > 0)
		fprintf(stderr, "mirage: --profile: %llu samples had no room\n",
		    (unsigned long long)f->lost);
	good = ferror(f->out) == 0;
	if (fclose(f->out) != 0)
		good = false;
	symbols_close(symbols);
	munmap(f->arena, ARENA_BYTES);
	free(f);
	return (good);
}
