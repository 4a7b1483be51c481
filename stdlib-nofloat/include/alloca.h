/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory on the stack of the calling function.
 */
#ifndef MIRAGE_ALLOCA_H
#define MIRAGE_ALLOCA_H

#define alloca(size) __builtin_alloca(size)

#endif /* MIRAGE_ALLOCA_H */
