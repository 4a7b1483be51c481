/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The program above the stack: opens, writes, consumes and closes as the input
 * says, and checks what it is told.
 */
#include <string.h>

#include "fuzz.h"

#define CALL(f, ...) STACK_CALL((f)->stack, __VA_ARGS__)
#define NS_PER_S     UINT64_C(1000000000)
#define WRITE_MAX    20000

/* src/stack/interface.ts */
enum {
	EVENT_UDP_DATAGRAM = 1,
	EVENT_UDP_DATAGRAM6 = 3,
	EVENT_TCP_ACCEPTED = 16,
	EVENT_TCP_CONNECTED = 17,
	EVENT_TCP_DATA = 18,
	EVENT_TCP_END = 19,
	EVENT_TCP_WRITABLE = 20,
	EVENT_TCP_CLOSED = 21,
	FIELD_LOCAL_PORT = 4,
	FIELD_REMOTE_WORD0 = 5,
	FIELD_REMOTE_PORT = 9,
	STATES = 11,
};

static struct flow *
flow_of(struct fuzz *f, uint32_t id)
{
	int i;

	for (i = 0; i < FLOWS; i++)
		if (f->flows[i].used && f->flows[i].id == id)
			return (&f->flows[i]);
	return (NULL);
}

static struct flow *
new_flow(struct fuzz *f, uint32_t id)
{
	int i;

	for (i = 0; i < FLOWS; i++) {
		if (f->flows[i].used)
			continue;
		memset(&f->flows[i], 0, sizeof(f->flows[i]));
		f->flows[i].used = true;
		f->flows[i].id = id;
		return (&f->flows[i]);
	}
	return (NULL);
}

/* Which of the wire's connections the flow is. */
static void
learn_peer(struct fuzz *f, struct flow *flow)
{
	struct ip ip = {{0}, true};
	uint32_t i, port, own_port;

	for (i = 0; i < 4; i++)
		ip.word[i] = (uint32_t)CALL(
		    f, "tcp_get", flow->id, FIELD_REMOTE_WORD0 + i);
	port = (uint32_t)CALL(f, "tcp_get", flow->id, FIELD_REMOTE_PORT);
	own_port = (uint32_t)CALL(f, "tcp_get", flow->id, FIELD_LOCAL_PORT);
	if (ip.word[0] == 0 && ip.word[1] == 0 && ip.word[2] == 0xffff) {
		ip.v6 = false;
		ip.word[2] = 0;
	}
	flow->peer = find_peer(f, &ip, port, own_port);
	flow->known = true;
}

static void
consume(struct fuzz *f, struct flow *flow, uint32_t bytes)
{
	if (bytes > flow->unconsumed)
		bytes = flow->unconsumed;
	flow->unconsumed -= bytes;
	if (bytes > 0 && !flow->over)
		(void)CALL(f, "tcp_consume", flow->id, bytes);
}

static void
data(struct fuzz *f, struct flow *flow, const struct stack_event *e)
{
	static uint8_t bytes[STACK_FRAME_BYTES];
	uint32_t i;

	CHECK(f, e->length > 0 && e->length <= sizeof(bytes), "told of no data",
	    e->length, 0);
	CHECK(f, !flow->ended && !flow->over, "told of data after the end",
	    flow->id, e->length);
	stack_read(f->stack, e->frame, e->offset, bytes, e->length);
	stack_release(f->stack, e->frame);
	if (!flow->known)
		learn_peer(f, flow);
	if (!f->raw && !flow->foreign && !flow->peer->foreign)
		for (i = 0; i < e->length; i++)
			CHECK(f,
			    bytes[i] ==
				peer_byte(
				    SYN_LOW_BITS + 1 + flow->received + i),
			    "delivered what the peer did not send",
			    flow->received, i);
	flow->received += e->length;
	flow->unconsumed += e->length;
	if (f->greedy)
		consume(f, flow, flow->unconsumed);
}

void
program_event(void *arg, const struct stack_event *e)
{
	struct fuzz *f = arg;
	struct flow *flow;

	f->events++;
	if (e->kind == EVENT_TCP_ACCEPTED) {
		if (new_flow(f, e->b) == NULL)
			(void)CALL(f, "tcp_abort", e->b);
		return;
	}
	flow = e->kind > EVENT_TCP_ACCEPTED ? flow_of(f, e->a) : NULL;
	if (flow == NULL) {
		if (e->frame != 0)
			stack_release(f->stack, e->frame);
		return;
	}
	switch (e->kind) {
	case EVENT_TCP_DATA:
		data(f, flow, e);
		break;
	case EVENT_TCP_END:
		CHECK(f, !flow->ended && !flow->over, "told twice of the end",
		    flow->id, 0);
		flow->ended = true;
		break;
	case EVENT_TCP_CLOSED:
		CHECK(f, !flow->over, "told twice that a flow is over",
		    flow->id, 0);
		flow->over = true;
		break;
	case EVENT_TCP_CONNECTED:
	case EVENT_TCP_WRITABLE:
		CHECK(f, !flow->over, "told of a flow that is over", flow->id,
		    e->kind);
		break;
	}
}

/* Calls. */

static void
words(const struct ip *ip, uint32_t *w)
{
	memcpy(w, ip->word, sizeof(ip->word));
	if (!ip->v6)
		w[2] = 0xffff;
}

static void
connect_flow(struct fuzz *f, struct input *in)
{
	uint32_t which = take8(in), w[4];
	struct ip to = remote_ip(which, which & 0x10);
	int32_t id;

	words(&to, w);
	id = CALL(f, "tcp_connect", w[0], w[1], w[2], w[3], 1024 + (which >> 5),
	    0, 0, 0, 0, which & 0x80 ? 2000 + (which & 3) : 0);
	if (id >= 0 && new_flow(f, (uint32_t)id) == NULL)
		(void)CALL(f, "tcp_abort", (uint32_t)id);
}

static void
write_flow(struct fuzz *f, struct flow *flow, uint32_t len)
{
	static uint8_t bytes[WRITE_MAX];
	uint32_t frame, i;
	int32_t took;

	if (len > WRITE_MAX)
		len = WRITE_MAX;
	for (i = 0; i < len; i++)
		bytes[i] = own_byte(flow->written + i);
	frame = stack_frame(f->stack, bytes, len);
	if (frame == 0)
		return;
	took = CALL(f, "tcp_write", flow->id, frame, 0, len);
	stack_release(f->stack, frame);
	if (took > 0) {
		CHECK(f, (uint32_t)took <= len, "took more than there was",
		    (uint64_t)took, len);
		CHECK(f, !flow->shut, "took bytes after a shutdown", flow->id,
		    len);
		flow->written += (uint32_t)took;
	}
}

/* The number is dead, at once or with the last event. */
static void
forget(struct fuzz *f, struct flow *flow, const char *call)
{
	flow->used = false;
	(void)CALL(f, call, flow->id);
}

/* One of those that are used. */
static struct flow *
pick_flow(struct fuzz *f, uint32_t n)
{
	uint32_t i, used = 0;

	for (i = 0; i < FLOWS; i++)
		used += f->flows[i].used;
	if (used == 0)
		return (NULL);
	n %= used;
	for (i = 0; !f->flows[i].used || n-- > 0; i++)
		;
	return (&f->flows[i]);
}

static void
flow_call(struct fuzz *f, struct input *in, uint32_t what)
{
	struct flow *flow = pick_flow(f, take8(in));
	uint32_t n;

	if (flow == NULL)
		return;
	switch (what) {
	case 0:
		write_flow(f, flow, take16(in));
		break;
	case 1:
		consume(f, flow, take16(in));
		break;
	case 2:
		flow->shut |= CALL(f, "tcp_shutdown", flow->id) == 0;
		break;
	case 3:
		forget(f, flow, "tcp_close");
		break;
	case 4:
		forget(f, flow, "tcp_abort");
		break;
	case 5:
		n = take8(in) % 13;
		(void)CALL(
		    f, "tcp_set", flow->id, n, take32(in) >> (take8(in) & 31));
		break;
	default:
		(void)CALL(f, "tcp_get", flow->id, take8(in) % 24);
	}
}

static void
listener_call(struct fuzz *f, struct input *in)
{
	uint32_t how = take8(in), i = how % LISTENERS;

	if (f->listeners[i] >= 0) {
		(void)CALL(f, "tcp_unlisten", (uint32_t)f->listeners[i]);
		f->listeners[i] = -1;
	} else
		f->listeners[i] = CALL(
		    f, "tcp_listen", 0, 0, 0, 0, LISTENER_PORT + i, how >> 2);
}

static void
udp_call(struct fuzz *f, struct input *in)
{
	static const uint8_t bytes[4096];
	uint32_t how = take8(in), i = how % UDP_SOCKETS, which = take8(in);
	uint32_t w[4], frame, len;
	struct ip to = remote_ip(which, which & 0x10);

	words(&to, w);
	if (f->udp[i] < 0) {
		f->udp[i] = CALL(f, "udp_bind", 0, 0, 0, 0, UDP_PORT + i);
		return;
	}
	switch (how >> 5) {
	case 0:
		(void)CALL(f, "udp_close", (uint32_t)f->udp[i]);
		f->udp[i] = -1;
		break;
	case 1:
		(void)CALL(f, "udp_connect", (uint32_t)f->udp[i], w[0], w[1],
		    w[2], w[3], 4000 + (which >> 5));
		break;
	case 2:
	case 3:
		to.word[0] = to.v6 ? 0xff020000 : 0;
		to.word[3] = to.v6 ? which : 0xe0000000 | which;
		words(&to, w);
		(void)CALL(f, how >> 5 == 2 ? "udp_join" : "udp_leave",
		    (uint32_t)f->udp[i], w[0], w[1], w[2], w[3], 0);
		break;
	default:
		len = take16(in) % sizeof(bytes);
		frame = stack_frame(f->stack, bytes, len);
		if (frame == 0)
			break;
		(void)CALL(f, "udp_send", (uint32_t)f->udp[i], frame, 0, len,
		    w[0], w[1], w[2], w[3], 4000 + (which >> 5));
		stack_release(f->stack, frame);
	}
}

void
program_call(struct fuzz *f, struct input *in)
{
	uint32_t what = take8(in) & 15;

	if (what < 10)
		flow_call(f, in, what < 3 ? 0 : what - 3);
	else if (what < 12)
		connect_flow(f, in);
	else if (what < 13)
		listener_call(f, in);
	else
		udp_call(f, in);
}

void
program_start(struct fuzz *f)
{
	uint32_t i;

	for (i = 0; i < UDP_SOCKETS; i++)
		f->udp[i] =
		    i > 1 ? -1 : CALL(f, "udp_bind", 0, 0, 0, 0, UDP_PORT + i);
	for (i = 0; i < LISTENERS; i++)
		f->listeners[i] = i > 1 ?
		    -1 :
		    CALL(f, "tcp_listen", 0, 0, 0, 0, LISTENER_PORT + i, 8);
}

/* Everything is given up: in time the stack holds nothing any more. */
void
program_end(struct fuzz *f)
{
	uint32_t i;
	int32_t n;

	for (i = 0; i < FLOWS; i++)
		if (f->flows[i].used)
			forget(
			    f, &f->flows[i], i & 1 ? "tcp_abort" : "tcp_close");
	for (i = 0; i < LISTENERS; i++)
		if (f->listeners[i] >= 0)
			(void)CALL(
			    f, "tcp_unlisten", (uint32_t)f->listeners[i]);
	for (i = 0; i < UDP_SOCKETS; i++)
		if (f->udp[i] >= 0)
			(void)CALL(f, "udp_close", (uint32_t)f->udp[i]);
	/* Longer than retransmission, FIN-WAIT-2 and TIME-WAIT last. */
	stack_advance_to(f->stack, stack_now(f->stack) + 2 * 3600 * NS_PER_S);
	CHECK(f, *stack_error(f->stack) == '\0', "trapped", 0, 0);
	CHECK(f, stack_frames(f->stack) == 0, "frames are held at the end",
	    stack_frames(f->stack), 0);
	if (!stack_has(f->stack, "tcp_count"))
		return;
	for (i = 0; i < STATES; i++) {
		n = CALL(f, "tcp_count", i);
		CHECK(f, n == 0, "flows are left at the end", i, (uint64_t)n);
	}
}
