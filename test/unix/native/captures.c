/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads mutated captures under the sanitizers: captures COUNT.  Each is opened
 * and read to its end, whatever it holds; nothing may be kept.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unix/unix.h"

static uint32_t
random32(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return ((uint32_t)(x >> 16));
}

static size_t
make(uint8_t *out, size_t max)
{
	static const uint32_t magics[] = {
	    0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1};
	uint32_t header[6] = {magics[random32() % 4], 0, 0, 0, 65535, 1};
	bool swapped = (header[0] & 0xff) == 0xa1;
	size_t at = sizeof(header);
	unsigned n = random32() % 6, i, flips;

	if (swapped)
		header[5] = __builtin_bswap32(1);
	memcpy(out, header, sizeof(header));
	while (n-- > 0) {
		uint32_t len = random32() % 200, r[4] = {n, 5, len, len};

		if (random32() % 16 == 0)
			len = r[2] = r[3] = random32() % 2000;
		if (random32() % 8 == 0)
			r[3] += random32() % 100;
		if (at + sizeof(r) + len > max)
			break;
		for (i = 0; i < 4 && swapped; i++)
			r[i] = __builtin_bswap32(r[i]);
		memcpy(out + at, r, sizeof(r));
		at += sizeof(r);
		for (i = 0; i < len; i++)
			out[at++] = (uint8_t)random32();
	}
	if (random32() % 4 == 0)
		at = random32() % (at + 1);
	for (flips = random32() % 6; flips > 0 && at > 0; flips--)
		out[random32() %
		    (random32() % 2 ? at :
			    at < 44 ? at :
				      44)] = (uint8_t)random32();
	return (at);
}

int
main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 1000, i;
	unsigned long frames = 0, dropped = 0, refused = 0, broken = 0;
	int fd = memfd_create("capture", 0);
	static uint8_t bytes[16384];
	char spec[64];

	snprintf(spec, sizeof(spec), "pcap:/proc/self/fd/%d", fd);
	for (i = 0; i < count; i++) {
		struct nic_options o = {.spec = spec, .program = "test"};
		struct mirage_platform p;
		struct mirage_frame *f[8];
		char error[ERROR_BYTES];
		size_t len = make(bytes, sizeof(bytes));
		unsigned k, passes = 0;
		int n;

		if (ftruncate(fd, 0) != 0 ||
		    pwrite(fd, bytes, len, 0) != (ssize_t)len ||
		    !unix_platform_init(&p, error))
			return (2);
		if (nic_open(&p, &o, error) != OPEN_OK) {
			refused++;
			unix_platform_fini(&p);
			continue;
		}
		while (
		    mirage_platform_wait(&p, UINT64_MAX) != MIRAGE_WAKE_END) {
			n = mirage_platform_receive(&p, 0, f, 8);
			while (n-- > 0) {
				if (f[n]->len < 14 || f[n]->len > 1518)
					return (3);
				frames++;
				mirage_platform_transmit(&p, 0, f[n]);
			}
			if (++passes > 1000)
				return (4); /* it does not come to its end */
		}
		for (k = 0; k < MIRAGE_DROP_REASONS; k++)
			dropped +=
			    mirage_platform_drops(&p, 0, (enum mirage_drop)k);
		broken += p.nics[0].broken;
		unix_platform_fini(&p);
	}
	printf("%lu frames, %lu dropped, %lu captures refused, %lu broken\n",
	    frames, dropped, refused, broken);
	return (0);
}
