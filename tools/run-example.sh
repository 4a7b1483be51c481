#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What `make run` does after the set-up: udp-echo at 10.0.0.2 on a tap whose
# host side is 10.0.0.1/24.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1

tap=mirage0
if [ ! -c /dev/net/tun ]; then
	echo "There is no /dev/net/tun here, and udp-echo answers on a tap device. This may get it:" >&2
	echo "  modprobe tun" >&2
	echo "In a container, pass it in: docker run --device /dev/net/tun --cap-add NET_ADMIN ..." >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "Not root, so no tap device can be made here. Either" >&2
	echo "  sudo make run" >&2
	echo "or run an example that needs no network: tools/mirage run examples/hello" >&2
	exit 1
fi

sh tools/with-node.sh node dist/mirage.js build -q -o build/examples examples/udp-echo || exit 1

cat <<TEXT

udp-echo is about to run at 10.0.0.2, on the tap device $tap; this host is 10.0.0.1. Try, from another shell:

  ping -c 3 10.0.0.2
  echo hi | nc -u -w1 10.0.0.2 7
  tcpdump -ni $tap
  kill -USR1 \$(pidof udp-echo)      (statistics)

Ctrl-C ends it.

TEXT
# Ctrl-C is how it is meant to end: 130, which is no error of make's.
trap : INT
status=0
build/examples/udp-echo --net tap:$tap --ipv4 10.0.0.2/24 --gateway 10.0.0.1 || status=$?
[ "$status" -eq 130 ] || exit "$status"
