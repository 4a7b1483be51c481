/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alignment (C11 7.15).
 */
#ifndef MIRAGE_STDALIGN_H
#define MIRAGE_STDALIGN_H

#define alignas		     _Alignas
#define alignof		     _Alignof
#define __alignas_is_defined 1
#define __alignof_is_defined 1

#endif /* MIRAGE_STDALIGN_H */
