/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * offsetof.
 */
#ifndef KPI_SYS_STDDEF_H
#define KPI_SYS_STDDEF_H

#include <sys/types.h>
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
typedef __PTRDIFF_TYPE__ ptrdiff_t;

#endif /* KPI_SYS_STDDEF_H */
