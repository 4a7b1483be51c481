/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The header of virtio-net before each frame (OASIS virtio 1.2, section 5.1.6;
 * Documentation/networking/tuntap in Linux): checksums and segmentation that
 * the kernel leaves to us, and we to it.
 */
#include <sys/ioctl.h>

#include <string.h>

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "unix.h"

#define TCP_FLAGS 13
#define TCP_CWR	  0x80

/* The best that the kernel takes: it refuses a set with one that it lacks. */
static const unsigned long offers[] = {
    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
    TUN_F_CSUM | TUN_F_TSO4,
    TUN_F_CSUM,
};

void
vnet_negotiate(struct nic *nic, bool on)
{
	unsigned i;

	for (i = 0; on && i < sizeof(offers) / sizeof(offers[0]); i++)
		if (ioctl(nic->fd, TUNSETOFFLOAD, offers[i]) == 0)
			return;
	/* A tap that stays keeps what its last reader could do. */
	(void)ioctl(nic->fd, TUNSETOFFLOAD, 0UL);
}

void
vnet_offer(struct nic *nic)
{
	/* What is in a frame's header the kernel must do for every sender. */
	nic->info.tx_offload = MIRAGE_FRAME_TX_CSUM | MIRAGE_FRAME_TX_SEGMENT;
	nic->info.segment_max = MIRAGE_FRAME_MAX;
}

void
vnet_request(const struct mirage_frame *f, uint8_t header[VNET_BYTES_MAX])
{
	struct virtio_net_hdr h;

	memset(&h, 0, sizeof(h));
	memset(header, 0, VNET_BYTES_MAX);
	if (f->flags & MIRAGE_FRAME_TX_CSUM) {
		h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h.csum_start = f->csum_start;
		h.csum_offset = f->csum_offset;
	}
	if (f->flags & MIRAGE_FRAME_TX_SEGMENT) {
		h.gso_type = f->flags & MIRAGE_FRAME_TX_SEGMENT6 ?
		    VIRTIO_NET_HDR_GSO_TCPV6 :
		    VIRTIO_NET_HDR_GSO_TCPV4;
		if (f->head[f->csum_start + TCP_FLAGS] & TCP_CWR)
			h.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		h.gso_size = f->segment_bytes;
		h.hdr_len = f->header_bytes;
	}
	memcpy(header, &h, sizeof(h));
}

bool
vnet_verdict(const uint8_t *header, struct mirage_frame *f, uint32_t len)
{
	struct virtio_net_hdr h;

	memcpy(&h, header, sizeof(h));
	f->segment_bytes = 0;
	if (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((uint32_t)h.csum_start + h.csum_offset + 2 > len)
			return (false);
		f->flags |= MIRAGE_FRAME_RX_L4_GOOD | MIRAGE_FRAME_RX_UNSUMMED;
		f->csum_start = h.csum_start;
		f->csum_offset = h.csum_offset;
	} else if (h.flags & VIRTIO_NET_HDR_F_DATA_VALID)
		f->flags |= MIRAGE_FRAME_RX_L4_GOOD;
	switch (h.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return (true);
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		f->segment_bytes = h.gso_size;
		f->flags |= MIRAGE_FRAME_RX_L4_GOOD | MIRAGE_FRAME_RX_UNSUMMED;
		return (h.gso_size > 0);
	default:
		return (false); /* we did not offer that */
	}
}
