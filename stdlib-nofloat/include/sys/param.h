/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Nothing of it is needed; the engine includes it on BSD systems.
 */
#ifndef MIRAGE_SYS_PARAM_H
#define MIRAGE_SYS_PARAM_H

#include <sys/types.h>
#include <limits.h>

#endif /* MIRAGE_SYS_PARAM_H */
