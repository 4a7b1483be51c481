/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Stands in for Concurrency Kit's header, which kernels are compiled with and
 * which is not among FreeBSD's installed headers: what sys/epoch.h needs of
 * it, so that struct epoch_tracker has the size that the kernel expects.
 */
#ifndef MIRAGE_CK_EPOCH_H
#define MIRAGE_CK_EPOCH_H

struct ck_epoch_section {
	unsigned int bucket;
};
typedef struct ck_epoch_section ck_epoch_section_t;

#endif /* MIRAGE_CK_EPOCH_H */
