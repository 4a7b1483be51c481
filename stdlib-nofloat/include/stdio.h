/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Formatted input and output in memory (C11 7.21.6).  There are no streams.
 *
 * Output: flags "-+ 0#", width, precision, both by "*" too; sizes hh h l ll j z
 * t; conversions d i u o x X c s p and %%.  A conversion outside of
 * these is copied as it stands and takes no argument.
 * Input: white space, literal characters, width, "*"; the same sizes;
 * conversions d i u o x c s p n and %%.
 */
#ifndef MIRAGE_STDIO_H
#define MIRAGE_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#define EOF (-1)

#define snprintf  mirage_snprintf
#define sprintf	  mirage_sprintf
#define sscanf	  mirage_sscanf
#define vsnprintf mirage_vsnprintf
#define vsprintf  mirage_vsprintf
#define vsscanf	  mirage_vsscanf

int snprintf(char *restrict, size_t, const char *restrict, ...)
    __attribute__((__format__(__printf__, 3, 4)));
int sprintf(char *restrict, const char *restrict, ...)
    __attribute__((__format__(__printf__, 2, 3)));
int sscanf(const char *restrict, const char *restrict, ...)
    __attribute__((__format__(__scanf__, 2, 3)));
int vsnprintf(char *restrict, size_t, const char *restrict, va_list)
    __attribute__((__format__(__printf__, 3, 0)));
int vsprintf(char *restrict, const char *restrict, va_list)
    __attribute__((__format__(__printf__, 2, 0)));
int vsscanf(const char *restrict, const char *restrict, va_list)
    __attribute__((__format__(__scanf__, 2, 0)));

#endif /* MIRAGE_STDIO_H */
