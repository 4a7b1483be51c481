/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An option that GENERIC kernels have.
 */
#ifndef MIRAGE_OPT_INET6_H
#define MIRAGE_OPT_INET6_H

#define INET6 1

#endif /* MIRAGE_OPT_INET6_H */
