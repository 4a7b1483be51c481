/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Included before everything else in each float-free object: with all names
 * hidden, position-independent code needs no GOT, whose relocations the
 * FreeBSD kernel linker does not know.
 */
#pragma GCC visibility push(hidden)
