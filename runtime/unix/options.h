/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The command line of an executable that `mirage build` made.
 */
#ifndef MIRAGE_UNIX_OPTIONS_H
#define MIRAGE_UNIX_OPTIONS_H

#include <mirage/instance.h>

#include "unix.h"

#define EXIT_USAGE_ERROR    64 /* sysexits(3), EX_USAGE */
#define EXIT_PROGRAM_FAILED 70 /* EX_SOFTWARE */

struct options {
	const char *nets[UNIX_NICS];
	uint8_t macs[UNIX_NICS][6];
	unsigned nnets, nmacs;
	bool statistics;
	const char *control; /* path; NULL: none */
	const char *profile; /* file; NULL: none */
	bool has_ipv4;
	uint32_t address, gateway; /* host byte order; gateway 0: none */
	unsigned prefix;
	uint8_t address6[16]; /* all zeros: none */
	unsigned prefix6;
	struct mirage_config config;
};

/*
 * Reads $MIRAGERUNPARAM and the command line.  Returns -1 to go on, else the
 * exit code: what was wrong, or asked for (--help), has been printed.
 */
int options_parse(struct options *, int argc, char **argv);

#endif /* MIRAGE_UNIX_OPTIONS_H */
