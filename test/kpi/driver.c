/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The double as a program: commands from standard input, a line of JSON each
 * to standard output.  For sanitizers, which a Node addon makes hard.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api.h"

int
main(void)
{
	size_t size = 0;
	char *line = NULL;

	while (getline(&line, &size, stdin) > 0) {
		char *reply = kpi_command(line);

		puts(reply);
		fflush(stdout);
		kpi_reply_free(reply);
	}
	free(line);
	return (0);
}
