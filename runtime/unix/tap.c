/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Taps and descriptors, see tun(4) in Linux (Documentation/networking/tuntap).
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "unix.h"

static void
put_address(struct ifreq *ifr, uint32_t address)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr->ifr_addr;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(address);
}

static bool
set_address6(const char *name, const struct nic_options *o)
{
	/* Linux's struct in6_ifreq, whose header does not go with net/if.h. */
	struct {
		uint8_t address[16];
		uint32_t prefix;
		int index;
	} request = {
	    .prefix = o->host_prefix6, .index = (int)if_nametoindex(name)};
	int s = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), saved;
	bool ok;

	/* A host without IPv6 may still carry it for others. */
	if (s == -1)
		return (errno == EAFNOSUPPORT);
	memcpy(request.address, o->host_address6, sizeof(request.address));
	ok = ioctl(s, SIOCSIFADDR, &request) == 0 || errno == EEXIST;
	saved = errno;
	close(s);
	errno = saved;
	return (ok);
}

static void
name_request(struct ifreq *ifr, const char *name)
{
	memset(ifr, 0, sizeof(*ifr));
	strncpy(ifr->ifr_name, name, IFNAMSIZ - 1);
}

/* The host's side of a tap that is ours: its address, and up. */
static bool
configure_host(const char *name, const struct nic_options *o, char *error)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t mask =
	    o->host_prefix == 0 ? 0 : UINT32_MAX << (32 - o->host_prefix);
	const char *what = "socket";
	struct ifreq ifr;
	bool ok = s != -1;

	name_request(&ifr, name);
	if (ok && o->has_host_address) {
		put_address(&ifr, o->host_address);
		what = "setting the host's address";
		ok = ioctl(s, SIOCSIFADDR, &ifr) == 0;
		if (ok) {
			put_address(&ifr, mask);
			what = "setting the host's netmask";
			ok = ioctl(s, SIOCSIFNETMASK, &ifr) == 0;
		}
	}
	if (ok) {
		name_request(&ifr, name);
		what = "bringing it up";
		ok = ioctl(s, SIOCGIFFLAGS, &ifr) == 0;
		ifr.ifr_flags |= IFF_UP;
		ok = ok && ioctl(s, SIOCSIFFLAGS, &ifr) == 0;
	}
	/* After it is up, for the host checks it for duplicates then. */
	if (ok && o->host_prefix6 != 0) {
		what = "setting the host's IPv6 address";
		ok = set_address6(name, o);
	}
	if (!ok)
		snprintf(error, ERROR_BYTES, "--net %s: %s: %s", o->spec, what,
		    strerror(errno));
	if (s != -1)
		close(s);
	return (ok);
}

static void
read_mtu(struct nic *nic, const char *name)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr;

	if (s == -1)
		return;
	name_request(&ifr, name);
	if (ioctl(s, SIOCGIFMTU, &ifr) == 0 && ifr.ifr_mtu >= 68)
		nic->info.mtu = (uint32_t)ifr.ifr_mtu;
	close(s);
}

/* Makes the interface, or takes the one of that name; like ioctl(2). */
static int
attach(struct nic *nic, const char *name, bool vnet)
{
	struct ifreq ifr;
	unsigned features = 0;
	int bytes = VNET_BYTES;

	name_request(&ifr, name);
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	vnet = vnet && ioctl(nic->fd, TUNGETFEATURES, &features) == 0 &&
	    (features & IFF_VNET_HDR) != 0;
	if (vnet)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (ioctl(nic->fd, TUNSETIFF, &ifr) == -1)
		return (-1);
	if (vnet) {
		/* Before Linux 2.6.34 it has 10 bytes. */
		if (ioctl(nic->fd, TUNSETVNETHDRSZ, &bytes) == -1)
			bytes = 10;
		nic->vnet_bytes = (uint32_t)bytes;
		vnet_offer(nic);
	}
	vnet_negotiate(nic, vnet);
	return (0);
}

enum nic_open
tap_open(struct nic *nic, const char *name, const struct nic_options *o,
    bool vnet, char *error)
{
	bool existed;

	if (name[0] == '\0' || strlen(name) >= IFNAMSIZ ||
	    strpbrk(name, "/ \t%:,") != NULL || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0) {
		snprintf(error, ERROR_BYTES,
		    "--net %s: the name of a tap has 1 to %d letters or "
		    "digits, as in tap:mirage0",
		    o->spec, IFNAMSIZ - 1);
		return (OPEN_USAGE);
	}
	existed = if_nametoindex(name) != 0;
	nic->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (nic->fd == -1) {
		snprintf(error, ERROR_BYTES, "--net %s: /dev/net/tun: %s%s",
		    o->spec, strerror(errno),
		    errno == ENOENT || errno == ENODEV ?
			" (as root: modprobe tun)" :
			"");
		return (OPEN_FAILED);
	}
	if (attach(nic, name, vnet) == -1) {
		const char *hint = "";

		if (errno == EPERM)
			hint = " (run it as root, or make the tap first: "
			       "ip tuntap add mode tap user $USER name ...)";
		else if (errno == EBUSY)
			hint = " (another program has it open)";
		else if (errno == EINVAL && existed)
			hint = " (there is an interface of that name that is "
			       "no tap)";
		snprintf(error, ERROR_BYTES, "--net %s: %s%s", o->spec,
		    strerror(errno), hint);
		goto failed;
	}
	nic->created = !existed;
	snprintf(nic->info.name, sizeof(nic->info.name), "%s", name);
	/* A tap that was there is its owner's to configure. */
	if (nic->created && !configure_host(name, o, error))
		goto failed;
	read_mtu(nic, name);
	return (OPEN_OK);
failed:
	nic->vnet_bytes = 0;
	close(nic->fd);
	nic->fd = -1;
	return (OPEN_FAILED);
}

/* A tap that somebody else has opened. */
static enum nic_open
adopt(struct nic *nic, int fd, const struct ifreq *ifr, enum vnet vnet,
    const char *number, char *error)
{
	bool has = (ifr->ifr_flags & IFF_VNET_HDR) != 0;
	int flags = fcntl(fd, F_GETFL), bytes = 0;

	if (!(ifr->ifr_flags & IFF_TAP) || !(ifr->ifr_flags & IFF_NO_PI) ||
	    has != (vnet == VNET_UNSAID ? has : vnet == VNET_ON) ||
	    (has &&
		(ioctl(fd, TUNGETVNETHDRSZ, &bytes) == -1 || bytes < 10 ||
		    bytes > VNET_BYTES_MAX))) {
		snprintf(error, ERROR_BYTES,
		    "--net fd:%s: open the tap with IFF_TAP | IFF_NO_PI, and "
		    "%s IFF_VNET_HDR",
		    number,
		    vnet == VNET_ON	 ? "with" :
			vnet == VNET_OFF ? "without" :
					   "with or without");
		return (OPEN_USAGE);
	}
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1) {
		snprintf(error, ERROR_BYTES, "--net fd:%s: %s", number,
		    strerror(errno));
		return (OPEN_FAILED);
	}
	nic->fd = fd;
	nic->vnet_bytes = (uint32_t)bytes;
	if (has)
		vnet_offer(nic);
	vnet_negotiate(nic, has);
	snprintf(
	    nic->info.name, sizeof(nic->info.name), "%.15s", ifr->ifr_name);
	read_mtu(nic, nic->info.name);
	return (OPEN_OK);
}

enum nic_open
descriptor_open(
    struct nic *nic, const char *number, enum vnet vnet, char *error)
{
	char *end;
	long fd = strtol(number, &end, 10);
	struct stat st;
	struct ifreq ifr;
	int type = 0;
	socklen_t len = sizeof(type);

	if (number[0] < '0' || number[0] > '9' || *end != '\0' ||
	    fd > INT32_MAX) {
		snprintf(error, ERROR_BYTES,
		    "--net fd:%s: not the number of a descriptor, as in fd:3",
		    number);
		return (OPEN_USAGE);
	}
	if (fstat((int)fd, &st) == -1) {
		snprintf(error, ERROR_BYTES, "--net fd:%s: %s", number,
		    strerror(errno));
		return (OPEN_USAGE);
	}
	memset(&ifr, 0, sizeof(ifr));
	if (S_ISSOCK(st.st_mode)) {
		if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &len) !=
			0 ||
		    (type != SOCK_SEQPACKET && type != SOCK_DGRAM)) {
			snprintf(error, ERROR_BYTES,
			    "--net fd:%s: this socket does not keep frames "
			    "apart: it must be SOCK_SEQPACKET or SOCK_DGRAM",
			    number);
			return (OPEN_USAGE);
		}
		nic->socket = true;
		if (vnet == VNET_ON) {
			nic->vnet_bytes = VNET_BYTES;
			vnet_offer(nic);
		}
		nic->fd = (int)fd;
		return (OPEN_OK);
	}
	if (ioctl((int)fd, TUNGETIFF, &ifr) == -1) {
		snprintf(error, ERROR_BYTES,
		    "--net fd:%s: neither a tap nor a socket", number);
		return (OPEN_USAGE);
	}
	return (adopt(nic, (int)fd, &ifr, vnet, number, error));
}
