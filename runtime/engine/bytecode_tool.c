/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mirage-bytecode: compiles ES5 to bytecode on the build machine, with the
 * same engine that runs it.  Hosted C, on the platform in memory: the same
 *input makes the same bytecode.
 *
 *	mirage-bytecode -o OUTPUT [-l LINES] SCRIPT
 *	mirage-bytecode --engine-id
 *
 * SCRIPT is an expression, (function (mirage$native) { ... }).  LINES has a
 * line for each line of it: "file:line" in TypeScript, or empty.  Exit codes
 * from sysexits(3): 64 bad arguments, 65 SCRIPT does not compile, 66 a file
 * cannot be read, 73 or 74 the output cannot be written.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "compile.h"
#include "instance.h"
#include "memory_platform.h"

#define TOOL_HEAP_BYTES (UINT64_C(2) << 30)

static char *
read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	size_t room = 65536, n;
	char *buf = NULL;

	if (f == NULL)
		goto fail;
	*len = 0;
	for (;;) {
		buf = realloc(buf, room + 1);
		if (buf == NULL)
			goto fail;
		n = fread(buf + *len, 1, room - *len, f);
		*len += n;
		if (n == 0)
			break;
		if (*len == room)
			room *= 2;
	}
	if (ferror(f))
		goto fail;
	fclose(f);
	buf[*len] = '\0';
	return (buf);
fail:
	fprintf(stderr, "mirage-bytecode: %s: %s\n", path, strerror(errno));
	exit(EX_NOINPUT);
}

static void
write_output(void *arg, const void *bytecode, size_t len)
{
	const char *path = arg;
	FILE *f = fopen(path, "wb");

	if (f == NULL) {
		fprintf(
		    stderr, "mirage-bytecode: %s: %s\n", path, strerror(errno));
		exit(EX_CANTCREAT);
	}
	if (fwrite(bytecode, 1, len, f) != len || fclose(f) != 0) {
		fprintf(
		    stderr, "mirage-bytecode: %s: %s\n", path, strerror(errno));
		exit(EX_IOERR);
	}
}

/* --- line map --- */

struct place {
	uint32_t file; /* UINT32_MAX: unknown */
	uint32_t line;
};

struct lines {
	struct place *places; /* [0] is line 1 */
	size_t nplaces;
	char **names;
	size_t nnames;
};

static uint32_t
name_index(struct lines *l, char *name)
{
	size_t i;

	/* Most often the one of the line before. */
	for (i = l->nnames; i-- > 0;) {
		if (strcmp(l->names[i], name) == 0)
			return ((uint32_t)i);
	}
	if ((l->nnames & (l->nnames + 1)) == 0)
		l->names =
		    realloc(l->names, (2 * l->nnames + 2) * sizeof(*l->names));
	if (l->names == NULL)
		exit(EX_OSERR);
	l->names[l->nnames] = name;
	return ((uint32_t)l->nnames++);
}

static void
parse_lines(struct lines *l, const char *path)
{
	size_t len, n = 1, i = 0;
	char *text = read_file(path, &len), *s, *end, *colon, *last;
	unsigned long line;

	for (s = text; (s = strchr(s, '\n')) != NULL; s++)
		n++;
	l->places = calloc(n, sizeof(*l->places));
	if (l->places == NULL)
		exit(EX_OSERR);
	for (s = text; i < n && s < text + len; s = end + 1, i++) {
		end = strchr(s, '\n');
		if (end == NULL)
			end = text + len;
		*end = '\0';
		l->places[i].file = UINT32_MAX;
		if (*s == '\0')
			continue;
		colon = strrchr(s, ':');
		line = colon == NULL ? 0 : strtoul(colon + 1, &last, 10);
		if (colon == NULL || colon == s || *last != '\0' || line == 0 ||
		    line > INT32_MAX) {
			fprintf(stderr,
			    "mirage-bytecode: %s:%zu: expected \"file:line\" "
			    "or nothing, not \"%s\"\n",
			    path, i + 1, s);
			exit(EX_DATAERR);
		}
		*colon = '\0';
		l->places[i].file = name_index(l, s);
		l->places[i].line = (uint32_t)line;
	}
	l->nplaces = i;
}

static void
map_line(void *arg, uint32_t line, uint32_t *file, uint32_t *to)
{
	const struct lines *l = arg;

	if (line == 0 || line > l->nplaces)
		return;
	*file = l->places[line - 1].file;
	*to = l->places[line - 1].line;
}

static const char *
map_name(void *arg, uint32_t file)
{
	const struct lines *l = arg;

	return (file < l->nnames ? l->names[file] : "mirage");
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: mirage-bytecode -o OUTPUT [-l LINES] SCRIPT\n"
	    "       mirage-bytecode --engine-id\n");
	exit(EX_USAGE);
}

int
main(int argc, char **argv)
{
	static struct mirage_instance inst;
	static struct mirage_platform memory = {.random = 1};
	struct lines lines = {0};
	struct mirage_line_map map = {map_line, map_name, &lines};
	const char *lines_path = NULL;
	char *output = NULL, *text;
	size_t len;
	int c, status = EX_OK;

	if (argc == 2 && strcmp(argv[1], "--engine-id") == 0) {
		puts(mirage_engine_id());
		return (EX_OK);
	}
	while ((c = getopt(argc, argv, "l:o:")) != -1) {
		if (c == 'l')
			lines_path = optarg;
		else if (c == 'o')
			output = optarg;
		else
			usage();
	}
	if (optind + 1 != argc || output == NULL)
		usage();
	text = read_file(argv[optind], &len);
	if (lines_path != NULL)
		parse_lines(&lines, lines_path);

	inst.platform = &memory;
	mirage_rtparams_default(&inst.config.params);
	inst.config.params.heap_bytes = TOOL_HEAP_BYTES;
	/* A quarter of the usual 8 MB is left to what is not the compiler. */
	inst.stack_limit = (uintptr_t)__builtin_frame_address(0) - (6 << 20);
	if (!mirage_engine_open(&inst) ||
	    !mirage_engine_compile(&inst, text, len, argv[optind],
		lines_path == NULL ? NULL : &map, write_output, output)) {
		fprintf(stderr, "%s\n", inst.error);
		status = EX_DATAERR;
	}
	mirage_engine_close(&inst);
	return (status);
}
