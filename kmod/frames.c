/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames are mbuf chains.
 *
 * A holder owns one packet (an mbuf chain) on behalf of all segments that
 * refer to its bytes.  A frame that is sent with nobody else holding its packet
 * gives the packet itself to the host, so no memory of this module is left in
 * it.  Other bytes are sent as mbufs with external storage, which the host
 * must not write to, and which keep the holder.
 *
 * Bytes of JavaScript's own are copied (and counted): a packet may wait in a
 * socket of the host for ever, and the program's end waits for these bytes.
 */
#include "compat.h"
#include "kmod.h"

#include <vm/uma.h>

#include <mirage/probes.h>

struct holder {
	struct mirage_buffer buffer; /* first */
	struct mbuf *m; /* NULL: given to the host */
	unsigned depth; /* holders that this one's bytes hang off */
};

/*
 * A packet that goes round between host and program gets one holder deeper
 * each time, and freeing it nests as deep: beyond this it is copied.
 */
#define DEPTH_MAX 8

/*
 * Bytes for which a piece of a long chain is worth the cluster that it may
 * hold: a card merges what a peer sends in single bytes, and a program may have
 * to hold it for long.
 */
#define PIECE_BYTES 256

/*
 * The host's reference on a holder: one for each mbuf with external storage.
 * Its callback ends in the call that frees this (a jump, which a test makes
 * sure of), so that once none is left no code of this module is left to run.
 */
struct lent {
	struct mirage_buffer *buffer;
};

static uma_zone_t holders, frames, lents;

int
frames_create(void)
{
	holders = uma_zcreate("mirage packets", sizeof(struct holder), NULL,
	    NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
	frames = uma_zcreate("mirage frames", sizeof(struct mirage_frame), NULL,
	    NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
	lents = uma_zcreate("mirage references", sizeof(struct lent), NULL,
	    NULL, NULL, NULL, UMA_ALIGN_PTR, 0);
	return (
	    holders != NULL && frames != NULL && lents != NULL ? 0 : ENOMEM);
}

void
frames_destroy(void)
{
	if (frames != NULL)
		uma_zdestroy(frames);
	if (holders != NULL)
		uma_zdestroy(holders);
	if (lents != NULL)
		uma_zdestroy(lents);
	frames = holders = lents = NULL;
}

unsigned
frames_outstanding(void)
{
	int n = lents == NULL ? 0 : uma_zone_get_cur(lents);

	return (n > 0 ? (unsigned)n : 0);
}

/* In any context: the host drops the last reference where it likes. */
static void
holder_release(struct mirage_buffer *b)
{
	struct holder *h = (struct holder *)b;

	if (h->m != NULL)
		m_freem(h->m);
	uma_zfree(holders, h);
}

MRG_EXTFREE(ext_free, argument)
{
	struct lent *l = argument;

	mirage_buffer_release(l->buffer);
	uma_zfree(lents, l);
}

static void
count_copy(struct mirage_platform *p, const char *reason, uint32_t len)
{
	counter_u64_add(p->copies, 1);
	counter_u64_add(p->bytes_copied, len);
	MIRAGE_PROBE(copy, reason, len);
}

static struct holder *
holder_of(struct mirage_buffer *b)
{
	return (b->release == holder_release ? (struct holder *)b : NULL);
}

/* Takes the packet if it succeeds. */
static struct holder *
holder_new(struct mbuf *m)
{
	struct holder *h = uma_zalloc(holders, M_NOWAIT);

	if (h == NULL)
		return (NULL);
	h->buffer.refs = 1;
	h->buffer.flags = 0;
	h->buffer.release = holder_release;
	h->m = m;
	h->depth = 0;
	return (h);
}

static struct mirage_frame *
frame_new(void)
{
	struct mirage_frame *f = uma_zalloc(frames, M_NOWAIT | M_ZERO);

	if (f == NULL)
		return (NULL);
	f->refs = 1;
	f->segs = f->inline_segs;
	f->maxsegs = MIRAGE_FRAME_SEGMENTS;
	return (f);
}

/* An mbuf with len contiguous bytes; NULL: no memory, or more than 16 KiB. */
static struct mbuf *
mbuf_of(uint32_t len, int flags)
{
	struct mbuf *m;

	if (len <= MJUMPAGESIZE)
		m = m_get2((int)len, M_NOWAIT, MT_DATA, flags);
	else if (len <= MJUM9BYTES)
		m = m_getjcl(M_NOWAIT, MT_DATA, flags, MJUM9BYTES);
	else if (len <= MJUM16BYTES)
		m = m_getjcl(M_NOWAIT, MT_DATA, flags, MJUM16BYTES);
	else
		return (NULL);
	if (m != NULL)
		m->m_len = (int)len;
	return (m);
}

struct mirage_frame *
mirage_platform_frame_alloc(struct mirage_platform *p, uint32_t len)
{
	struct mirage_frame *f = frame_new();
	struct holder *h;
	struct mbuf *m;

	if (f == NULL || len == 0)
		return (f);
	m = mbuf_of(len, M_PKTHDR);
	h = m == NULL ? NULL : holder_new(m);
	if (h == NULL) {
		m_freem(m);
		uma_zfree(frames, f);
		return (NULL);
	}
	f->segs[0].data = mtod(m, uint8_t *);
	f->segs[0].len = len;
	f->segs[0].buffer = &h->buffer;
	f->nsegs = 1;
	f->head = f->segs[0].data;
	f->head_len = len;
	f->len = len;
	return (f);
}

void
mirage_platform_frame_free(struct mirage_platform *p, struct mirage_frame *f)
{
	mirage_frame_drop_segments(p, f);
	uma_zfree(frames, f);
}

/* Deepest holder of ours below a packet's bytes. */
static unsigned
depth_of(const struct mbuf *m)
{
	unsigned depth = 0;

	for (; m != NULL; m = m->m_next) {
		struct lent *l;
		struct holder *h;

		l = MRG_EXT_ARG(m, ext_free);
		h = l == NULL ? NULL : holder_of(l->buffer);
		if (h != NULL && h->depth + 1 > depth)
			depth = h->depth + 1;
	}
	return (depth);
}

struct mirage_frame *
frame_from_mbuf(struct mirage_platform *p, struct mbuf *m)
{
	struct mirage_frame *f;
	struct holder *h;
	struct mbuf *n;
	unsigned segments = 0, depth = depth_of(m);

	for (n = m; n != NULL; n = n->m_next)
		segments += n->m_len > 0;
	if (segments > RECEIVE_SEGMENTS || depth > DEPTH_MAX ||
	    (segments > MIRAGE_FRAME_SEGMENTS &&
		(unsigned)m->m_pkthdr.len < segments * PIECE_BYTES)) {
		n = m_dup(m, M_NOWAIT);
		m_freem(m);
		m = n;
		depth = 0;
		for (segments = 0; n != NULL; n = n->m_next)
			segments += n->m_len > 0;
		if (m != NULL)
			count_copy(p, "segments", (uint32_t)m->m_pkthdr.len);
	}
	if (m == NULL)
		return (NULL);
	f = frame_new();
	h = f == NULL ? NULL : holder_new(m);
	if (h == NULL)
		goto failed;
	if (segments > MIRAGE_FRAME_SEGMENTS) {
		f->segs = memory_take(p, segments * sizeof(*f->segs), M_NOWAIT);
		if (f->segs == NULL)
			goto failed;
		f->maxsegs = (uint16_t)segments;
	}
	h->depth = depth;
	h->buffer.refs = segments;
	for (n = m; n != NULL; n = n->m_next) {
		struct mirage_segment *s = &f->segs[f->nsegs];

		if (n->m_len <= 0)
			continue;
		if (!M_WRITABLE(n)) {
			h->buffer.flags |=
			    MIRAGE_BUFFER_READONLY | MIRAGE_BUFFER_HOST;
			if (f->nsegs == 0)
				f->flags |= MIRAGE_FRAME_READONLY;
		}
		s->data = mtod(n, uint8_t *);
		s->len = (uint32_t)n->m_len;
		s->buffer = &h->buffer;
		f->len += s->len;
		f->nsegs++;
	}
	f->head = f->segs[0].data;
	f->head_len = f->segs[0].len;
	f->flags |= checksum_verdict(m);
	f->segment_bytes = m->m_pkthdr.tso_segsz; /* queue_prepare() */
	f->timestamp_ns = mirage_platform_monotonic_ns(p);
	return (f);
failed:
	if (h != NULL)
		uma_zfree(holders, h);
	if (f != NULL)
		uma_zfree(frames, f);
	m_freem(m);
	return (NULL);
}

static bool
lies_in(const struct mirage_segment *s, struct mbuf *m)
{
	uint8_t *start = (uint8_t *)M_START(m);

	return (s->data >= start && s->data + s->len <= start + M_SIZE(m));
}

/* A received packet becomes one to hand on: nothing of its past counts. */
static void
forget_past(struct mbuf *m, uint32_t len)
{
	m_tag_delete_chain(m, NULL);
	m_clrprotoflags(m);
	m->m_flags &= ~(M_BCAST | M_MCAST | M_PROMISC | M_VLANTAG | MRG_TSTMP);
	m->m_nextpkt = NULL;
	/* The interface may be gone; firewalls look at it. */
	m->m_pkthdr.rcvif = NULL;
	m->m_pkthdr.fibnum = 0;
	m->m_pkthdr.len = (int)len;
	m->m_pkthdr.csum_flags = 0;
	m->m_pkthdr.csum_data = 0;
	m->m_pkthdr.tso_segsz = 0;
	m->m_pkthdr.ether_vtag = 0;
	m->m_pkthdr.flowid = 0;
	M_HASHTYPE_CLEAR(m);
}

/*
 * The packet itself, if the frame is the only one to refer to it and each
 * segment still lies in the mbuf that it came from; else NULL.
 */
static struct mbuf *
give_packet(struct mirage_frame *f)
{
	struct holder *h = holder_of(f->segs[0].buffer);
	struct mbuf *m, *n, *last = NULL;
	unsigned i;

	if (h == NULL || f->refs != 1 || h->m == NULL ||
	    (h->m->m_flags & M_PKTHDR) == 0 ||
	    __atomic_load_n(&h->buffer.refs, __ATOMIC_ACQUIRE) != f->nsegs)
		return (NULL);
	for (n = h->m, i = 0; i < f->nsegs; i++, n = n->m_next) {
		if (n == NULL || f->segs[i].buffer != &h->buffer ||
		    !lies_in(&f->segs[i], n))
			return (NULL);
	}
	m = h->m;
	h->m = NULL;
	for (n = m, i = 0; i < f->nsegs; i++, n = n->m_next) {
		n->m_data = (void *)f->segs[i].data;
		n->m_len = (int)f->segs[i].len;
		last = n;
	}
	m_freem(last->m_next);
	last->m_next = NULL;
	forget_past(m, f->len);
	return (m);
}

/* One mbuf for a segment's bytes. */
static struct mbuf *
mbuf_from_segment(
    struct mirage_platform *p, const struct mirage_segment *s, bool first)
{
	struct mbuf *m;
	struct lent *l;

	if (holder_of(s->buffer) == NULL) {
		m = mbuf_of(s->len, first ? M_PKTHDR : 0);
		if (m != NULL) {
			memcpy(mtod(m, void *), s->data, s->len);
			count_copy(p, "transmit", s->len);
		}
		return (m);
	}
	l = uma_zalloc(lents, M_NOWAIT);
	if (l == NULL)
		return (NULL);
	l->buffer = s->buffer;
	m = first ? m_gethdr(M_NOWAIT, MT_DATA) : m_get(M_NOWAIT, MT_DATA);
	if (m == NULL) {
		uma_zfree(lents, l);
		return (NULL);
	}
	mirage_buffer_retain(s->buffer);
	if (!MRG_EXTADD(m, s->data, s->len, ext_free, l)) {
		mirage_buffer_release(s->buffer);
		uma_zfree(lents, l);
		m_free(m);
		return (NULL);
	}
	m->m_len = (int)s->len;
	return (m);
}

/*
 * Headers that were made for this frame alone: their mbuf itself, which the
 * host may write to.
 */
static struct mbuf *
give_head(struct mirage_frame *f)
{
	struct mirage_segment *s = &f->segs[0];
	struct holder *h = holder_of(s->buffer);
	struct mbuf *m;

	if (h == NULL || f->refs != 1 || h->m == NULL ||
	    (h->m->m_flags & M_PKTHDR) == 0 || h->m->m_next != NULL ||
	    __atomic_load_n(&h->buffer.refs, __ATOMIC_ACQUIRE) != 1 ||
	    !lies_in(s, h->m))
		return (NULL);
	m = h->m;
	h->m = NULL;
	m->m_data = (void *)s->data;
	m->m_len = (int)s->len;
	return (m);
}

struct mbuf *
mbuf_from_frame(struct mirage_platform *p, struct mirage_frame *f)
{
	struct mbuf *m, **next;
	unsigned i;

	m = give_packet(f);
	if (m != NULL)
		return (m);
	m = give_head(f);
	if (m == NULL)
		m = mbuf_from_segment(p, &f->segs[0], true);
	if (m == NULL)
		return (NULL);
	next = &m->m_next;
	for (i = 1; i < f->nsegs; i++) {
		*next = mbuf_from_segment(p, &f->segs[i], false);
		if (*next == NULL) {
			m_freem(m);
			return (NULL);
		}
		next = &(*next)->m_next;
	}
	forget_past(m, f->len);
	return (m);
}
