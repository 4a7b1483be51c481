/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * rtparams: what sets a program's budgets, in OCAMLRUNPARAM's form:
 * letter=value[suffix], separated by commas: "h=32M,i=100M".
 */
#ifndef MIRAGE_RTPARAMS_H
#define MIRAGE_RTPARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One member for each row of rtparams.def, in the unit that the row names. */
struct mirage_rtparams {
#define MIRAGE_RTPARAM(letter, member, dflt, min, max, unit, text) \
	uint64_t member;
#include <mirage/rtparams.def>
#undef MIRAGE_RTPARAM
};

struct mirage_rtparam_row {
	char letter;
	const char *name;
	uint64_t dflt;
	uint64_t min;
	uint64_t max;
	const char *unit; /* "bytes", "instructions", ... */
	const char *text; /* what it limits, one line */
};

#define MIRAGE_RTPARAMS_ERROR_BYTES 256

void mirage_rtparams_default(struct mirage_rtparams *);

/*
 * Parses text over what *params holds already.  False if it is malformed or
 * a value is out of its range: then *params is unchanged, and error (of len
 * bytes) says the position, counted from 0, and what is accepted there.
 */
bool mirage_rtparams_parse(
    struct mirage_rtparams *, const char *text, char *error, size_t len);

/* The table, for --help and for documents. */
const struct mirage_rtparam_row *mirage_rtparams_table(size_t *rows);

/*
 * Writes n with the largest of the suffixes k, M, G that divides it: "32M".
 * len of 24 is enough.  Returns buf.
 */
char *mirage_rtparams_format(uint64_t n, char *buf, size_t len);

#endif /* MIRAGE_RTPARAMS_H */
