/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * run_main SCRIPT [RTPARAMS]: runs a program on the platform in memory and
 * prints its console, then how it ended.  Linked with each variant of the
 * shared objects, to compare them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "run.h"

int
main(int argc, char **argv)
{
	static struct mirage_run run;
	FILE *f;
	char *text;
	long len;

	if (argc < 2 || (f = fopen(argv[1], "rb")) == NULL)
		return (64);
	if (fseek(f, 0, SEEK_END) != 0 || (len = ftell(f)) < 0)
		return (66);
	rewind(f);
	text = calloc(1, (size_t)len + 1);
	if (text == NULL || fread(text, 1, (size_t)len, f) != (size_t)len)
		return (66);
	fclose(f);
	run.source = text;
	run.source_len = (size_t)len;
	run.rtparams = argc > 2 ? argv[2] : NULL;
	run.platform.wall_ns = UINT64_C(1700000000000000000);
	(void)mirage_run(&run);
	fwrite(run.platform.console, 1, run.platform.console_len, stdout);
	printf("state %d, %llu instructions, %llu bytes left\n%s\n",
	    (int)run.state, (unsigned long long)run.instructions,
	    (unsigned long long)run.leaked, run.error);
	mirage_run_free(&run);
	free(text);
	return (0);
}
