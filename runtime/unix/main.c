/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The executable that `mirage build` leaves.  The program runs on a thread
 * whose stack is of a known size; the first thread takes the signals.
 */
#include <sys/mman.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mirage/probes.h>

#include "options.h"
#include "profile.h"

#define STACK_BYTES (8u << 20) /* beside what rtparam s keeps free */
#define GUARD_BYTES 65536

#define SIGNAL_DONE (SIGRTMIN) /* the program's thread to the first */

struct run {
	struct mirage_instance *instance;
	pthread_t waiter;
	struct profile *profile; /* NULL: nobody wants one */
	uintptr_t low, high; /* stack of the program's thread */
};

static void *
run_instance(void *argument)
{
	struct run *run = argument;

	if (run->profile != NULL)
		profile_begin(run->profile, run->instance, run->low, run->high);
	(void)mirage_instance_run(run->instance);
	if (run->profile != NULL)
		profile_end(run->profile);
	pthread_kill(run->waiter, SIGNAL_DONE);
	return (NULL);
}

static int
system_error(const char *what, int error)
{
	fprintf(stderr, "mirage: %s: %s\n", what, strerror(error));
	return (EXIT_PROGRAM_FAILED);
}

/* Waits for the end of the program; returns the signal that asked for it. */
static int
take_signals(struct mirage_platform *p, const sigset_t *set)
{
	int stopped_by = 0, sig;

	for (;;) {
		if (sigwait(set, &sig) != 0 || sig == SIGNAL_DONE)
			return (stopped_by);
		if (sig == SIGUSR1) {
			unix_request_stats(p);
			continue;
		}
		if (stopped_by != 0) {
			/* It was asked before, and does not listen. */
			sigset_t one;

			signal(sig, SIG_DFL);
			sigemptyset(&one);
			sigaddset(&one, sig);
			raise(sig);
			pthread_sigmask(SIG_UNBLOCK, &one, NULL);
		}
		stopped_by = sig;
		unix_request_stop(p);
	}
}

/* Runs the program to its end; returns the exit code. */
static int
run(struct mirage_platform *p, const struct options *o, struct profile *profile)
{
	struct mirage_config config = o->config;
	size_t bytes = STACK_BYTES + config.params.stack_bytes + GUARD_BYTES;
	enum mirage_state state;
	pthread_attr_t attr;
	pthread_t thread;
	struct run run;
	sigset_t set;
	char *stack;
	int error, sig, code;

	stack = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return (system_error("the program's stack", errno));
	if (mprotect(stack, GUARD_BYTES, PROT_NONE) == -1)
		return (system_error("the program's stack", errno));
	config.stack_low = (uintptr_t)stack + GUARD_BYTES;
	run.instance = mirage_instance_create(p, &mirage_program, &config);
	if (run.instance == NULL)
		return (system_error("the program", ENOMEM));
	run.waiter = pthread_self();
	run.profile = profile;
	run.low = config.stack_low;
	run.high = (uintptr_t)stack + bytes;

	/* The program's thread inherits this, so no signal is its own. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGNAL_DONE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack + GUARD_BYTES, bytes - GUARD_BYTES);
	error = pthread_create(&thread, &attr, run_instance, &run);
	pthread_attr_destroy(&attr);
	if (error != 0) {
		mirage_instance_destroy(run.instance);
		return (system_error("the program's thread", error));
	}
	sig = take_signals(p, &set);
	pthread_join(thread, NULL);

	state = mirage_instance_state(run.instance);
	code = mirage_instance_exit_code(run.instance) & 0xff;
	fflush(stdout);
	if (state == MIRAGE_FAILED || state == MIRAGE_OVER_BUDGET) {
		fprintf(stderr, "mirage: %s\n",
		    mirage_instance_error(run.instance));
		code = EXIT_PROGRAM_FAILED;
	} else if (state == MIRAGE_STOPPED)
		code = 128 + sig;
	if (o->nnets > 0 || o->statistics)
		mirage_stats_print(run.instance);
	mirage_instance_destroy(run.instance);
	munmap(stack, bytes);
	return (code);
}

/*
 * The host's IPv6 address on the first tap: the router that was given, if it
 * is in the program's network, else the network's first address.
 */
static void
host_address6(struct nic_options *n, const struct options *o)
{
	static const uint8_t none[16];
	uint8_t *a = n->host_address6;
	struct in6_addr router;
	unsigned bit;
	bool same = true;

	if (memcmp(o->address6, none, 16) == 0 || o->prefix6 > 126)
		return;
	if (o->config.gateway6 != NULL &&
	    inet_pton(AF_INET6, o->config.gateway6, &router) == 1)
		for (bit = 0; bit < o->prefix6; bit++)
			same &=
			    ((router.s6_addr[bit / 8] ^ o->address6[bit / 8]) &
				(0x80 >> bit % 8)) == 0;
	else
		same = false;
	n->host_prefix6 = o->prefix6;
	if (same) {
		memcpy(a, &router, 16);
		return;
	}
	for (bit = 0; bit < o->prefix6; bit++)
		a[bit / 8] |= o->address6[bit / 8] & (0x80 >> bit % 8);
	a[15] |= 1;
	if (memcmp(a, o->address6, 16) == 0)
		a[15] ^= 3;
}

static enum nic_open
open_interfaces(struct mirage_platform *p, const struct options *o, char *error)
{
	unsigned i;

	for (i = 0; i < o->nnets; i++) {
		struct nic_options n = {
		    .spec = o->nets[i],
		    .program = mirage_program.name,
		    .mac = i < o->nmacs ? o->macs[i] : NULL,
		    /* The stack's address is on the first interface. */
		    .has_host_address =
			i == 0 && o->has_ipv4 && o->prefix <= 30,
		    .host_prefix = o->prefix,
		};
		enum nic_open result;

		if (strcmp(o->nets[i], "socket") == 0) {
			if (!sockets_open(p, error))
				return (OPEN_FAILED);
			continue;
		}
		if (n.has_host_address) {
			uint32_t first =
			    (o->address & (UINT32_MAX << (32 - o->prefix))) + 1;

			n.host_address = o->gateway != 0 ? o->gateway : first;
			if (n.host_address == o->address)
				n.host_address++;
		}
		if (i == 0)
			host_address6(&n, o);
		result = nic_open(p, &n, error);
		if (result != OPEN_OK)
			return (result);
	}
	return (OPEN_OK);
}

int
main(int argc, char **argv)
{
	struct mirage_platform platform;
	struct profile *profile = NULL;
	struct options options;
	enum nic_open opened;
	char error[ERROR_BYTES];
	unsigned i;
	int code = options_parse(&options, argc, argv);

	if (code != -1)
		return (code);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (!unix_platform_init(&platform, error)) {
		fprintf(stderr, "mirage: %s\n", error);
		return (EXIT_PROGRAM_FAILED);
	}
	MIRAGE_PROBE(load, mirage_program.name, mirage_program.build_id,
	    mirage_platform_monotonic_ns(&platform));
	opened = open_interfaces(&platform, &options, error);
	if (opened == OPEN_OK && options.control != NULL)
		opened = control_open(&platform, options.control, error);
	if (opened == OPEN_OK && options.profile != NULL) {
		profile = profile_open(options.profile, error);
		if (profile == NULL)
			opened = OPEN_FAILED;
	}
	switch (opened) {
	case OPEN_OK:
		code = run(&platform, &options, profile);
		if (profile != NULL && !profile_close(profile)) {
			fprintf(stderr, "mirage: --profile %s: %s\n",
			    options.profile, strerror(errno));
			code = EXIT_PROGRAM_FAILED;
		}
		break;
	case OPEN_USAGE:
		fprintf(stderr, "mirage: %s\n", error);
		code = EXIT_USAGE_ERROR;
		break;
	default:
		fprintf(stderr, "mirage: %s\n", error);
		code = EXIT_PROGRAM_FAILED;
		break;
	}
	for (i = 0; i < platform.nnics; i++)
		if (platform.nics[i].broken && code == 0)
			code = EXIT_PROGRAM_FAILED;
	unix_platform_fini(&platform);
	MIRAGE_PROBE(unload, 0);
	return (code);
}
