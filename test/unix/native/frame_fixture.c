/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of frames share: frame_fixture.h.
 */
#include "frame_fixture.h"

struct mirage_platform platform;
struct mirage_instance inst;
unsigned views_died;

void
mirage_net_views_die(struct mirage_instance *i, struct mirage_frame_slot *slot)
{
	(void)i;
	slot->views = NULL;
	views_died++;
}

static void
watched_release(struct mirage_buffer *b)
{
	((struct watched *)b)->released++;
}

void
watch(struct watched *w, uint32_t flags)
{
	unsigned i;

	memset(w, 0, sizeof(*w));
	w->buffer.refs = 1;
	w->buffer.flags = flags;
	w->buffer.release = watched_release;
	for (i = 0; i < sizeof(w->bytes); i++)
		w->bytes[i] = (uint8_t)(i * 7 + 1);
}

void
open_table(uint64_t limit)
{
	memset(&inst, 0, sizeof(inst));
	inst.platform = &platform;
	inst.config.params.frames = limit;
	CHECK(mirage_frame_table_create(&inst) != NULL);
}

uint32_t
plain_sum(const uint8_t *p, size_t len, uint32_t seed)
{
	uint64_t sum = seed;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return ((uint32_t)sum);
}

uint32_t
transport_sum(
    const uint8_t *ip, uint32_t header, uint32_t len, uint8_t protocol)
{
	bool v6 = ip[0] >> 4 == 6;

	return (plain_sum(ip + header, len,
	    plain_sum(ip + (v6 ? 8 : 12), v6 ? 32 : 8, len + protocol)));
}

uint32_t
random32(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return ((uint32_t)(x >> 16));
}
