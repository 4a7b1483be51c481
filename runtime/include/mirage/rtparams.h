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
#define MIRAGE_RTPARAM_TEXT(letter, member, bytes, form, dflt, text) \
	char member[bytes];
#include <mirage/rtparams.def>
#undef MIRAGE_RTPARAM
#undef MIRAGE_RTPARAM_TEXT
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

/* A row whose value is text. */
struct mirage_rtparam_text_row {
	char letter;
	const char *name;
	size_t bytes; /* with its NUL */
	const char *form; /* "MAC address", ... */
	const char *dflt; /* what is taken if it is not given */
	const char *text; /* what it sets, one line */
};

#define MIRAGE_RTPARAM_INTERFACES 8 /* most names in rtparam n */

/* One name of rtparam n. */
struct mirage_rtparam_interface {
	char name[16];
	bool steal; /* the host gets nothing from it */
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
const struct mirage_rtparam_text_row *mirage_rtparams_texts(size_t *rows);

/* The next name of rtparam n, which *at goes behind.  False: no more. */
bool mirage_rtparams_interface(
    const char **at, struct mirage_rtparam_interface *);

/* Six bytes of "02:00:00:00:00:02".  False: not the address of one card. */
bool mirage_rtparams_mac(const char *text, uint8_t mac[6]);

/*
 * Writes n with the largest of the suffixes k, M, G that divides it: "32M".
 * len of 24 is enough.  Returns buf.
 */
char *mirage_rtparams_format(uint64_t n, char *buf, size_t len);

#endif /* MIRAGE_RTPARAMS_H */
