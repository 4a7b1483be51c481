/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes of frame code: which there are, whether somebody listens, and what
 * the stack tells about one (src/stack/probes.ts has the same numbers).
 */
#ifndef MIRAGE_WASM_PROBES_H
#define MIRAGE_WASM_PROBES_H

#include <mirage/probes.h>

/* X(name, as the table has it), in the order of StackProbe. */
#define MIRAGE_WASM_PROBES(X)        \
	X(ip__send)                  \
	X(ip__receive)               \
	X(udp__send)                 \
	X(udp__receive)              \
	X(tcp__send)                 \
	X(tcp__receive)              \
	X(tcp__state__change)        \
	X(tcp__connect__request)     \
	X(tcp__connect__established) \
	X(tcp__connect__refused)     \
	X(tcp__accept__established)  \
	X(tcp__accept__refused)      \
	X(tcp__retransmit)

enum {
#define X(name) MIRAGE_WASM_PROBE_##name,
	MIRAGE_WASM_PROBES(X)
#undef X
};

/* Words of a ProbeRecord. */
enum {
	MIRAGE_WORD_FLOW,
	MIRAGE_WORD_VERSION,
	MIRAGE_WORD_LOCAL_PORT,
	MIRAGE_WORD_REMOTE_PORT,
	MIRAGE_WORD_LENGTH, /* behind the IP header, bytes */
	MIRAGE_WORD_SENDING,
	MIRAGE_WORD_LOCAL, /* four words of 32 bits, the highest first */
	MIRAGE_WORD_REMOTE = MIRAGE_WORD_LOCAL + 4,
	MIRAGE_WORD_CONNECTED = MIRAGE_WORD_REMOTE + 4,
	MIRAGE_WORD_STATE,
	MIRAGE_WORD_PREVIOUS,
	MIRAGE_WORD_ACTIVE,
	MIRAGE_WORD_ISS,
	MIRAGE_WORD_IRS,
	MIRAGE_WORD_SND_UNA,
	MIRAGE_WORD_SND_MAX,
	MIRAGE_WORD_SND_NXT,
	MIRAGE_WORD_RCV_ACK,
	MIRAGE_WORD_RCV_NXT,
	MIRAGE_WORD_SND_WND,
	MIRAGE_WORD_RCV_WND,
	MIRAGE_WORD_SND_SCALE,
	MIRAGE_WORD_RCV_SCALE,
	MIRAGE_WORD_CWND,
	MIRAGE_WORD_SSTHRESH,
	MIRAGE_WORD_MSS,
	MIRAGE_WORD_RTO_MS,
	MIRAGE_WORD_SRTT_US,
	MIRAGE_WORD_RETRANSMITS,
	MIRAGE_WORD_DUPACKS,
	MIRAGE_WORD_SND_WL1,
	MIRAGE_WORD_SND_WL2,
	MIRAGE_WORD_RCV_ADV,
	MIRAGE_WORD_TS_RECENT,
	MIRAGE_WORDS
};

/*
 * In frame code the number is a constant, so that this is one comparison with
 * memory.
 */
static inline __attribute__((always_inline)) uint32_t
mirage_wasm_probe_enabled(uint32_t probe)
{
	switch (probe) {
#define X(name)                        \
	case MIRAGE_WASM_PROBE_##name: \
		return (MIRAGE_PROBE_ENABLED(name));
		MIRAGE_WASM_PROBES(X)
#undef X
	default:
		return (0);
	}
}

#endif /* MIRAGE_WASM_PROBES_H */
