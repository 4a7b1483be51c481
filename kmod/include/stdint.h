/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See stdbool.h here.
 */
#ifndef MIRAGE_KMOD_STDINT_H
#define MIRAGE_KMOD_STDINT_H

#include <sys/stdint.h>

#endif /* MIRAGE_KMOD_STDINT_H */
