/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Mirage's headers are freestanding C; in the kernel its own types stand for
 * what the compiler's headers would define, which -nostdinc keeps out.
 */
#ifndef MIRAGE_KMOD_STDBOOL_H
#define MIRAGE_KMOD_STDBOOL_H

#include <sys/types.h>

#endif /* MIRAGE_KMOD_STDBOOL_H */
