/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Byte order, where BSD systems have it.
 */
#ifndef MIRAGE_SYS_ENDIAN_H
#define MIRAGE_SYS_ENDIAN_H

#include <endian.h>

#endif /* MIRAGE_SYS_ENDIAN_H */
