/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * interruptible /PATH/OF/COMMAND ARGUMENTS...: runs the command so that SIGINT
 * ends it, as Ctrl-C does.  A shell without job control has what it runs in the
 * background ignore that signal, and a command heeds what it was started with.
 *
 * Exit code: the command's, or 64: it cannot be run.
 */
#include "freebsd.h"

GUEST_START;

#define SIGINT 2

/* As in sys/signal.h; all 0: the default. */
struct sigaction {
	void (*handler)(int);
	int flags;
	uint32_t mask[4];
};

int
main(int argc, char **argv)
{
	static const struct sigaction standard;

	if (argc < 2)
		die("/PATH/OF/COMMAND ARGUMENTS...: ", (uint64_t)argc);
	CALL(sigaction, SIGINT, &standard, NULL);
	/* The environment follows the arguments. */
	die("execve: error ",
	    (uint64_t)-CALL(execve, argv[1], argv + 1, argv + argc + 1));
}
