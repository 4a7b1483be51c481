/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mbufs, for the double's own callers: no faults.
 */
#ifndef KPI_MBUF_H
#define KPI_MBUF_H

#include <sys/mbuf.h>

struct mbuf *mbuf_new(int flags); /* without storage of its own but inline */
void mbuf_cluster(struct mbuf *, uint32_t size);
const uint8_t *mbuf_bytes(const struct mbuf *);
/* Is the chain as it should be where packets are handed on? */
void packet_check(const struct mbuf *, const char *where);
/* Bytes of a chain, unmapped ones too. */
void packet_bytes(const struct mbuf *, uint8_t *to);
uint32_t packet_length(const struct mbuf *);
/* Makes an mbuf's bytes unmapped, as sendfile(2) does. */
struct mbuf *mbuf_unmapped(const void *, uint32_t len, bool header);
/* Bytes that others have too: not to be written to. */
struct mbuf *mbuf_foreign(const void *, uint32_t len, bool header);

#endif /* KPI_MBUF_H */
