/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mbuf(9): what changes and copies chains.
 */
#include "kernel.h"
#include "mbuf.h"

uint32_t
packet_length(const struct mbuf *m)
{
	uint32_t len = 0;

	for (; m != NULL; m = m->m_next)
		len += (uint32_t)m->m_len;
	return (len);
}

void
packet_bytes(const struct mbuf *m, uint8_t *to)
{
	for (; m != NULL; to += m->m_len, m = m->m_next)
		memcpy(to, mbuf_bytes(m), (size_t)m->m_len);
}

void
packet_check(const struct mbuf *m, const char *where)
{
	const struct mbuf *n;

	for (n = m; n != NULL; n = n->m_next) {
		if (!thing_is(KIND_MBUF, n)) {
			violation("%s gets, from %s, an mbuf that is not "
				  "allocated",
			    where, place_text(here()));
			return;
		}
		if (n->m_len < 0 ||
		    ((n->m_flags & M_EXTPG) == 0 &&
			(n->m_data < M_START(n) ||
			    n->m_data + n->m_len > M_START(n) + M_SIZE(n))))
			violation("%s gets, from %s, an mbuf whose bytes lie "
				  "outside of its storage",
			    where, place_text(here()));
		if (n != m && (n->m_flags & M_PKTHDR) != 0)
			violation("%s gets, from %s, a chain with a packet "
				  "header inside",
			    where, place_text(here()));
	}
	if ((m->m_flags & M_PKTHDR) == 0)
		violation("%s gets, from %s, an mbuf without packet header",
		    where, place_text(here()));
	else if ((uint32_t)m->m_pkthdr.len != packet_length(m))
		violation("%s gets, from %s, a packet of %u bytes that says "
			  "%d",
		    where, place_text(here()), packet_length(m),
		    m->m_pkthdr.len);
	if (m->m_nextpkt != NULL)
		violation("%s gets, from %s, a packet that refers to another",
		    where, place_text(here()));
	if ((m->m_flags & M_EXTPG) == 0 && m->m_len < 14)
		violation("%s gets, from %s, a packet whose Ethernet header is "
			  "not contiguous",
		    where, place_text(here()));
}

u_int
m_length(struct mbuf *m, struct mbuf **last)
{
	u_int len = 0;

	for (; m != NULL; m = m->m_next) {
		len += (u_int)m->m_len;
		if (last != NULL)
			*last = m;
	}
	return (len);
}

void
m_copydata(const struct mbuf *m, int off, int len, caddr_t to)
{
	for (; m != NULL && off >= m->m_len; m = m->m_next)
		off -= m->m_len;
	for (; len > 0; m = m->m_next, off = 0) {
		int n;

		if (m == NULL) {
			violation("m_copydata in %s beyond the end",
			    place_text(here()));
			return;
		}
		n = len < m->m_len - off ? len : m->m_len - off;
		memcpy(to, mbuf_bytes(m) + off, (size_t)n);
		to += n;
		len -= n;
	}
}

void
m_copyback(struct mbuf *m, int off, int len, c_caddr_t from)
{
	for (; m != NULL && off >= m->m_len; m = m->m_next)
		off -= m->m_len;
	for (; len > 0 && m != NULL; m = m->m_next, off = 0) {
		int n = len < m->m_len - off ? len : m->m_len - off;

		if (!M_WRITABLE(m))
			violation("m_copyback in %s to shared bytes",
			    place_text(here()));
		memcpy(m->m_data + off, from, (size_t)n);
		from += n;
		len -= n;
	}
}

/* The first len bytes, of at most what an mbuf holds, in a new first mbuf. */
static struct mbuf *
pull(struct mbuf *m, int len, int space, const char *call)
{
	struct mbuf *n;
	int left;

	if (fault(call) || len > MHLEN - space ||
	    (uint32_t)len > packet_length(m)) {
		m_freem(m);
		return (NULL);
	}
	n = mbuf_new(m->m_flags & M_PKTHDR);
	if (m->m_flags & M_PKTHDR)
		m_move_pkthdr(n, m);
	n->m_data += space;
	m_copydata(m, 0, len, n->m_data);
	n->m_len = len;
	left = len;
	while (m != NULL && left >= m->m_len) {
		left -= m->m_len;
		m = m_free(m);
	}
	if (m != NULL) {
		m->m_data += left;
		m->m_len -= left;
	}
	n->m_next = m;
	return (n);
}

struct mbuf *
m_pullup(struct mbuf *m, int len)
{
	struct mbuf *n;

	if (m->m_len >= len)
		return (m);
	if (M_TRAILINGSPACE(m) >= len - m->m_len && m->m_next != NULL &&
	    (m->m_flags & M_EXT) == 0) {
		/* It may fail there too. */
		if (fault("m_pullup") || (uint32_t)len > packet_length(m)) {
			m_freem(m);
			return (NULL);
		}
		while (m->m_len < len) {
			int count;

			n = m->m_next;
			count = len - m->m_len < n->m_len ? len - m->m_len :
							    n->m_len;
			memcpy(
			    m->m_data + m->m_len, mbuf_bytes(n), (size_t)count);
			m->m_len += count;
			n->m_data += count;
			n->m_len -= count;
			if (n->m_len == 0)
				m->m_next = m_free(n);
		}
		return (m);
	}
	return (pull(m, len, 0, "m_pullup"));
}

struct mbuf *
m_copyup(struct mbuf *m, int len, int space)
{
	return (pull(m, len, space, "m_copyup"));
}

static struct mbuf *
duplicate(const struct mbuf *m, int how, const char *call)
{
	struct mbuf *first = NULL, **next = &first;
	uint32_t len = packet_length(m), done = 0;
	uint8_t *bytes;

	if (how != M_WAITOK && fault(call))
		return (NULL);
	bytes = host_alloc(len);
	packet_bytes(m, bytes);
	do {
		struct mbuf *n = mbuf_new(first == NULL ? M_PKTHDR : 0);

		if (len - done > (uint32_t)MHLEN)
			mbuf_cluster(n, MCLBYTES);
		if (first == NULL && !m_dup_pkthdr(n, m, how)) {
			m_freem(n);
			host_free(bytes);
			return (NULL);
		}
		n->m_len = (int)MIN(len - done, M_SIZE(n));
		memcpy(n->m_data, bytes + done, (size_t)n->m_len);
		done += (uint32_t)n->m_len;
		*next = n;
		next = &n->m_next;
	} while (done < len);
	host_free(bytes);
	return (first);
}

struct mbuf *
m_dup(const struct mbuf *m, int how)
{
	return (duplicate(m, how, "m_dup"));
}

/* The caller keeps the packet if this fails. */
struct mbuf *
m_defrag(struct mbuf *m, int how)
{
	struct mbuf *n = duplicate(m, how, "m_defrag");

	if (n != NULL)
		m_freem(m);
	return (n);
}

struct mbuf *
m_collapse(struct mbuf *m, int how, int most)
{
	return (m_defrag(m, how));
}

struct mbuf *
m_unshare(struct mbuf *m, int how)
{
	struct mbuf *n;

	for (n = m; n != NULL && M_WRITABLE(n); n = n->m_next)
		;
	if (n == NULL)
		return (m);
	n = duplicate(m, how, "m_unshare");
	m_freem(m);
	return (n);
}

struct mbuf *
m_prepend(struct mbuf *m, int len, int how)
{
	struct mbuf *n;

	if (how != M_WAITOK && fault("m_prepend")) {
		m_freem(m);
		return (NULL);
	}
	n = mbuf_new(m->m_flags & M_PKTHDR);
	if (m->m_flags & M_PKTHDR)
		m_move_pkthdr(n, m);
	n->m_next = m;
	m_align(n, len);
	n->m_len = len;
	if (n->m_flags & M_PKTHDR)
		n->m_pkthdr.len += len;
	return (n);
}

void
m_align(struct mbuf *m, int len)
{
	m->m_data = M_START(m) + (((int)M_SIZE(m) - len) & ~7);
}

void
m_adj(struct mbuf *m, int len)
{
	struct mbuf *n = m;
	int left = len < 0 ? -len : len, total;

	if (m == NULL)
		return;
	total = (int)packet_length(m);
	if (left > total)
		left = total;
	if (m->m_flags & M_PKTHDR)
		m->m_pkthdr.len -= left;
	if (len >= 0) {
		for (; n != NULL && left > 0; n = n->m_next) {
			int count = left < n->m_len ? left : n->m_len;

			n->m_data += count;
			n->m_len -= count;
			left -= count;
		}
		return;
	}
	for (left = total - left; n != NULL; n = n->m_next) {
		if (n->m_len > left)
			n->m_len = left;
		left -= n->m_len;
	}
}

void
m_cat(struct mbuf *m, struct mbuf *n)
{
	while (m->m_next != NULL)
		m = m->m_next;
	m->m_next = n;
}

int
m_append(struct mbuf *m, int len, c_caddr_t from)
{
	struct mbuf *last, *n;

	if (fault("m_append"))
		return (0);
	for (last = m; last->m_next != NULL; last = last->m_next)
		;
	n = mbuf_new(0);
	mbuf_cluster(n, len > MCLBYTES ? MJUM16BYTES : MCLBYTES);
	memcpy(n->m_data, from, (size_t)len);
	n->m_len = len;
	last->m_next = n;
	if (m->m_flags & M_PKTHDR)
		m->m_pkthdr.len += len;
	return (1);
}

/* The one's complement sum of bytes from `skip' to `len', complemented. */
uint16_t
in_cksum_skip(struct mbuf *m, int len, int skip)
{
	uint8_t *bytes = host_alloc((size_t)len + 1);
	uint32_t sum = 0;
	int i;

	m_copydata(m, skip, len - skip, (caddr_t)bytes);
	for (i = 0; i < len - skip; i += 2)
		sum += (uint32_t)(bytes[i] | bytes[i + 1] << 8);
	host_free(bytes);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ((uint16_t)~sum);
}
