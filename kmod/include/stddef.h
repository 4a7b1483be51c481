/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See stdbool.h here.
 */
#ifndef MIRAGE_KMOD_STDDEF_H
#define MIRAGE_KMOD_STDDEF_H

#include <sys/param.h>
#include <sys/stddef.h>

#endif /* MIRAGE_KMOD_STDDEF_H */
