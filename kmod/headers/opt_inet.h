/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An option that GENERIC kernels have.
 */
#ifndef MIRAGE_OPT_INET_H
#define MIRAGE_OPT_INET_H

#define INET 1

#endif /* MIRAGE_OPT_INET_H */
