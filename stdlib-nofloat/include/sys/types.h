/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The POSIX types that the engine names.
 */
#ifndef MIRAGE_SYS_TYPES_H
#define MIRAGE_SYS_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef __PTRDIFF_TYPE__ ssize_t;
typedef int64_t off_t;
typedef int64_t time_t; /* seconds since 1970-01-01 00:00:00 UTC */

#endif /* MIRAGE_SYS_TYPES_H */
