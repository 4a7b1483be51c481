/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Functions that do not return (C11 7.23).
 */
#ifndef MIRAGE_STDNORETURN_H
#define MIRAGE_STDNORETURN_H

#define noreturn _Noreturn

#endif /* MIRAGE_STDNORETURN_H */
