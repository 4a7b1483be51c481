/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables of libm, computed by make-tables.mjs.  "In Qn": in units of 2^-n.
 * Pairs are the upper and lower half of 128 bits, two's complement.
 */
#ifndef MIRAGE_TABLES_H
#define MIRAGE_TABLES_H

#include <stdint.h>

extern const uint16_t mirage_rsqrt_table[384];
extern const uint64_t mirage_exp2_coarse[64];
extern const uint64_t mirage_exp2_fine[64];
extern const uint64_t mirage_exp2_poly[4];
extern const uint64_t mirage_inverse_factorial[19];
extern const uint16_t mirage_log_reciprocal[92];
extern const uint64_t mirage_log_coarse[92][2];
extern const uint64_t mirage_log_fine[193][2];
extern const uint64_t mirage_ln2[2];
extern const uint64_t mirage_log2e[2];
extern const uint64_t mirage_log10e[2];
extern const uint64_t mirage_pi[2];
extern const uint64_t mirage_atan_table[65][2];
extern const uint64_t mirage_two_over_pi[20];

#endif /* MIRAGE_TABLES_H */
