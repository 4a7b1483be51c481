/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mbuf(9): allocation, storage, reference counts.
 */
#include "kernel.h"
#include "mbuf.h"

struct mbuf *
mbuf_new(int flags)
{
	struct mbuf *m = host_alloc(sizeof(*m));

	memset(m, 0xad, sizeof(*m));
	m->m_next = m->m_nextpkt = NULL;
	m->m_len = 0;
	m->m_type = MT_DATA;
	m->m_flags = (u_int)flags & (M_PKTHDR | M_EOR);
	if (flags & M_PKTHDR) {
		memset(&m->m_pkthdr, 0, sizeof(m->m_pkthdr));
		m->m_data = m->m_pktdat;
	} else {
		m->m_data = m->m_dat;
	}
	thing_made(KIND_MBUF, m, "", sizeof(*m));
	return (m);
}

static void
attach(struct mbuf *m, void *memory, uint32_t size, uint32_t type)
{
	m->m_ext.ext_buf = memory;
	m->m_ext.ext_size = size;
	m->m_ext.ext_type = type;
	m->m_ext.ext_flags = EXT_FLAG_EMBREF;
	m->m_ext.ext_count = 1;
	m->m_ext.ext_free = NULL;
	m->m_ext.ext_arg1 = m->m_ext.ext_arg2 = NULL;
	m->m_data = memory;
	m->m_flags |= M_EXT;
}

void
mbuf_cluster(struct mbuf *m, uint32_t size)
{
	uint8_t *memory = host_alloc(size);

	memset(memory, 0xad, size);
	thing_made(KIND_CLUSTER, memory, "", size);
	attach(m, memory, size,
	    size == MCLBYTES	     ? EXT_CLUSTER :
		size == MJUMPAGESIZE ? EXT_JUMBOP :
		size == MJUM9BYTES   ? EXT_JUMBO9 :
				       EXT_JUMBO16);
}

static struct mbuf *
get(int how, int flags, uint32_t cluster, const char *call)
{
	struct mbuf *m;

	if (how == M_WAITOK)
		may_sleep(call);
	else if (how != M_NOWAIT)
		violation("%s in %s with neither M_WAITOK nor M_NOWAIT", call,
		    place_text(here()));
	else if (fault(call))
		return (NULL);
	m = mbuf_new(flags);
	if (cluster > 0)
		mbuf_cluster(m, cluster);
	return (m);
}

struct mbuf *
m_get(int how, short type)
{
	return (get(how, 0, 0, "m_get"));
}

struct mbuf *
m_gethdr(int how, short type)
{
	return (get(how, M_PKTHDR, 0, "m_gethdr"));
}

struct mbuf *
m_getcl(int how, short type, int flags)
{
	return (get(how, flags, MCLBYTES, "m_getcl"));
}

struct mbuf *
m_getjcl(int how, short type, int flags, int size)
{
	if (size != MCLBYTES && size != MJUMPAGESIZE && size != MJUM9BYTES &&
	    size != MJUM16BYTES) {
		violation("m_getjcl in %s of %d bytes, of which there are no "
			  "clusters",
		    place_text(here()), size);
		return (NULL);
	}
	return (get(how, flags, (uint32_t)size, "m_getjcl"));
}

struct mbuf *
m_get3(int size, int how, short type, int flags)
{
	uint32_t n = (uint32_t)size;

	if (size > MJUM16BYTES)
		return (NULL);
	return (get(how, flags,
	    n <= (uint32_t)(flags & M_PKTHDR ? MHLEN : MLEN) ? 0 :
		n <= MCLBYTES				     ? MCLBYTES :
		n <= MJUMPAGESIZE			     ? MJUMPAGESIZE :
		n <= MJUM9BYTES				     ? MJUM9BYTES :
							       MJUM16BYTES,
	    "m_get2"));
}

struct mbuf *
m_get2(int size, int how, short type, int flags)
{
	return (size > MJUMPAGESIZE ? NULL : m_get3(size, how, type, flags));
}

struct mbuf *
m_getm2(struct mbuf *m, int len, int how, short type, int flags)
{
	struct mbuf *first = NULL, **next = &first, *last;

	for (; len > 0; flags &= ~M_PKTHDR) {
		struct mbuf *n = get(how, flags,
		    len > MCLBYTES	? MJUMPAGESIZE :
			len > MINCLSIZE ? MCLBYTES :
					  0,
		    "m_getm2");

		if (n == NULL) {
			m_freem(first);
			return (NULL);
		}
		*next = n;
		next = &n->m_next;
		len -= (int)M_SIZE(n);
	}
	if (m == NULL)
		return (first);
	for (last = m; last->m_next != NULL; last = last->m_next)
		;
	last->m_next = first;
	return (m);
}

void
m_extadd(struct mbuf *m, char *memory, u_int size, m_ext_free_t *release,
    void *arg1, void *arg2, int flags, int type)
{
	if (m->m_flags & M_EXT)
		violation("m_extadd in %s to an mbuf that has storage already",
		    place_text(here()));
	attach(m, memory, size, (uint32_t)type);
	m->m_ext.ext_free = release;
	m->m_ext.ext_arg1 = arg1;
	m->m_ext.ext_arg2 = arg2;
	m->m_flags |= (u_int)flags & M_RDONLY;
}

/* The mbuf that has the reference count. */
static struct mbuf *
counting(const struct mbuf *m)
{
	if (m->m_ext.ext_flags & EXT_FLAG_EMBREF)
		return (__DECONST(struct mbuf *, m));
	return (__containerof(m->m_ext.ext_cnt, struct mbuf, m_ext.ext_count));
}

int
kpi_m_writable(const struct mbuf *m)
{
	if (m->m_flags & (M_RDONLY | M_EXTPG))
		return (0);
	return ((m->m_flags & M_EXT) == 0 ||
	    __atomic_load_n(&counting(m)->m_ext.ext_count, __ATOMIC_ACQUIRE) ==
		1);
}

static void
retire(struct mbuf *m)
{
	if (thing_gone(KIND_MBUF, m, "m_free", NULL))
		memory_retire(m, sizeof(*m));
}

static void
free_storage(struct mbuf *m)
{
	struct mbuf *first = counting(m);
	bool own = first == m;

	if (__atomic_sub_fetch(&first->m_ext.ext_count, 1, __ATOMIC_ACQ_REL) >
	    0) {
		if (own)
			m->m_len = -1; /* who has it last frees it */
		else
			retire(m);
		return;
	}
	switch (first->m_ext.ext_type) {
	case EXT_MOD_TYPE:
	case EXT_DISPOSABLE:
		first->m_ext.ext_free(first);
		break;
	default: {
		struct thing was;
		char *memory = first->m_ext.ext_buf;

		if (thing_gone(KIND_CLUSTER, memory, "m_free", &was))
			memory_retire(memory, was.size);
		break;
	}
	}
	if (!own)
		retire(m);
	retire(first);
}

struct mbuf *
m_free(struct mbuf *m)
{
	struct mbuf *next;

	if (!thing_is(KIND_MBUF, m)) {
		(void)thing_gone(KIND_MBUF, m, "m_free", NULL);
		return (NULL);
	}
	next = m->m_next;
	if (m->m_flags & M_PKTHDR)
		m_tag_delete_chain(m, NULL);
	if (m->m_flags & M_NOFREE) {
		violation("m_free in %s of an mbuf with M_NOFREE",
		    place_text(here()));
		return (next);
	}
	m->m_next = NULL;
	if (m->m_flags & M_EXT)
		free_storage(m);
	else
		retire(m);
	return (next);
}

void
m_freem(struct mbuf *m)
{
	while (m != NULL)
		m = m_free(m);
}

/* One more reference to an mbuf's storage. */
static void
share(struct mbuf *to, struct mbuf *from)
{
	struct mbuf *first = counting(from);

	__atomic_add_fetch(&first->m_ext.ext_count, 1, __ATOMIC_RELAXED);
	to->m_ext = from->m_ext;
	to->m_ext.ext_flags &= ~(uint32_t)EXT_FLAG_EMBREF;
	to->m_ext.ext_cnt = &first->m_ext.ext_count;
	if ((from->m_ext.ext_flags & EXT_FLAG_EMBREF) != 0 &&
	    from->m_ext.ext_type == EXT_MOD_TYPE) {
		/*
		 * Only the first one has them: here is what the memory held
		 * before, and that is an mbuf of the same kind, long freed.
		 */
		to->m_ext.ext_arg1 = to->m_ext.ext_arg2 =
		    (void *)(uintptr_t)0xdeadc0dedeadc0de;
		to->m_ext.ext_free = from->m_ext.ext_free;
	}
	to->m_flags |= M_EXT | (from->m_flags & (u_int)(M_RDONLY | M_EXTPG));
	to->m_data = from->m_data;
}

static int
tags_copy(struct mbuf *to, const struct mbuf *from, int how)
{
	struct m_tag *t;

	SLIST_FOREACH(t, &from->m_pkthdr.tags, m_tag_link)
	{
		struct m_tag *copy = m_tag_alloc(
		    t->m_tag_cookie, t->m_tag_id, t->m_tag_len, how);

		if (copy == NULL)
			return (0);
		memcpy(copy + 1, t + 1, t->m_tag_len);
		m_tag_prepend(to, copy);
	}
	return (1);
}

int
m_dup_pkthdr(struct mbuf *to, const struct mbuf *from, int how)
{
	to->m_flags = (from->m_flags & (u_int)(M_COPYFLAGS & ~M_RDONLY)) |
	    (to->m_flags & (u_int)(M_EXT | M_RDONLY | M_EXTPG));
	if ((to->m_flags & M_EXT) == 0)
		to->m_data = to->m_pktdat;
	to->m_pkthdr = from->m_pkthdr;
	SLIST_INIT(&to->m_pkthdr.tags);
	return (tags_copy(to, from, how));
}

void
m_move_pkthdr(struct mbuf *to, struct mbuf *from)
{
	to->m_flags = (from->m_flags & (u_int)(M_COPYFLAGS & ~M_RDONLY)) |
	    (to->m_flags & (u_int)(M_EXT | M_RDONLY | M_EXTPG));
	if ((to->m_flags & M_EXT) == 0)
		to->m_data = to->m_pktdat;
	to->m_pkthdr = from->m_pkthdr;
	SLIST_INIT(&from->m_pkthdr.tags);
	from->m_flags &= ~(u_int)M_PKTHDR;
}

void
m_demote_pkthdr(struct mbuf *m)
{
	m_tag_delete_chain(m, NULL);
	m->m_flags &= ~(u_int)M_PKTHDR;
}

struct mbuf *
m_copym(struct mbuf *m, int off, int len, int how)
{
	struct mbuf *first = NULL, **next = &first;
	bool header = off == 0 && (m->m_flags & M_PKTHDR) != 0;

	if (how == M_NOWAIT && fault("m_copym"))
		return (NULL);
	for (; m != NULL && off >= m->m_len && off > 0; m = m->m_next)
		off -= m->m_len;
	for (; m != NULL && len > 0; m = m->m_next, off = 0) {
		struct mbuf *n = mbuf_new(header ? M_PKTHDR : 0);

		*next = n;
		next = &n->m_next;
		if (header && !m_dup_pkthdr(n, m, how)) {
			m_freem(first);
			return (NULL);
		}
		n->m_len = len < m->m_len - off ? len : m->m_len - off;
		if (m->m_flags & M_EXT) {
			share(n, m);
			n->m_data += off;
		} else {
			memcpy(n->m_data, m->m_data + off, (size_t)n->m_len);
		}
		if (header && len != M_COPYALL)
			n->m_pkthdr.len = len;
		len -= len == M_COPYALL ? 0 : n->m_len;
		header = false;
	}
	return (first);
}

struct mbuf *
m_copypacket(struct mbuf *m, int how)
{
	return (m_copym(m, 0, M_COPYALL, how));
}

struct mbuf *
mbuf_foreign(const void *data, uint32_t len, bool header)
{
	struct mbuf *m = mbuf_new(header ? M_PKTHDR : 0);

	mbuf_cluster(m, len > MCLBYTES ? MJUM16BYTES : MCLBYTES);
	memcpy(m->m_data, data, len);
	m->m_len = (int)len;
	m->m_flags |= M_RDONLY;
	return (m);
}

/* m_data is where in a page the bytes begin, and nobody's address. */
struct mbuf *
mbuf_unmapped(const void *data, uint32_t len, bool header)
{
	struct mbuf *m = mbuf_foreign(data, len, header);

	m->m_flags |= M_EXTPG;
	m->m_data = NULL;
	return (m);
}

const uint8_t *
mbuf_bytes(const struct mbuf *m)
{
	if (m->m_flags & M_EXTPG)
		return (
		    (const uint8_t *)m->m_ext.ext_buf + (uintptr_t)m->m_data);
	return ((const uint8_t *)m->m_data);
}

struct mbuf *
mb_unmapped_to_ext(struct mbuf *m)
{
	struct mbuf *n;

	if (fault("mb_unmapped_to_ext")) {
		m_freem(m);
		return (NULL);
	}
	for (n = m; n != NULL; n = n->m_next)
		if (n->m_flags & M_EXTPG) {
			n->m_data = n->m_ext.ext_buf + (uintptr_t)n->m_data;
			n->m_flags &= ~(u_int)M_EXTPG;
			n->m_flags |= M_RDONLY;
		}
	return (m);
}

/* Tags. */
static void
tag_free(struct m_tag *t)
{
	size_t size = sizeof(*t) + t->m_tag_len;

	if (thing_gone(KIND_TAG, t, "m_tag_free", NULL))
		memory_retire(t, size);
}

struct m_tag *
m_tag_alloc(uint32_t cookie, uint16_t id, int len, int how)
{
	struct m_tag *t;

	if (how != M_WAITOK && fault("m_tag_alloc"))
		return (NULL);
	t = host_alloc(sizeof(*t) + (size_t)len);
	t->m_tag_cookie = cookie;
	t->m_tag_id = id;
	t->m_tag_len = (uint16_t)len;
	t->m_tag_free = tag_free;
	thing_made(KIND_TAG, t, "", (size_t)len);
	return (t);
}

void
m_tag_prepend(struct mbuf *m, struct m_tag *t)
{
	SLIST_INSERT_HEAD(&m->m_pkthdr.tags, t, m_tag_link);
}

void
m_tag_delete(struct mbuf *m, struct m_tag *t)
{
	struct m_tag **at;

	for (at = &m->m_pkthdr.tags.slh_first; *at != NULL;
	    at = &(*at)->m_tag_link.sle_next)
		if (*at == t) {
			*at = t->m_tag_link.sle_next;
			break;
		}
	t->m_tag_free(t);
}

struct m_tag *
m_tag_locate(struct mbuf *m, uint32_t cookie, uint16_t id, struct m_tag *after)
{
	struct m_tag *t = after == NULL ? SLIST_FIRST(&m->m_pkthdr.tags) :
					  SLIST_NEXT(after, m_tag_link);

	while (t != NULL && (t->m_tag_cookie != cookie || t->m_tag_id != id))
		t = SLIST_NEXT(t, m_tag_link);
	return (t);
}

/* From a tag on; NULL: all. */
void
m_tag_delete_chain(struct mbuf *m, struct m_tag *from)
{
	struct m_tag *t;

	if (from != NULL)
		while ((t = SLIST_NEXT(from, m_tag_link)) != NULL)
			m_tag_delete(m, t);
	if (from != NULL)
		m_tag_delete(m, from);
	else
		while ((t = SLIST_FIRST(&m->m_pkthdr.tags)) != NULL)
			m_tag_delete(m, t);
}

void
m_clrprotoflags(struct mbuf *m)
{
	for (; m != NULL; m = m->m_next)
		m->m_flags &= ~(u_int)M_PROTOFLAGS;
}
