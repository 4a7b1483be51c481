#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Mirage against FreeBSD's own stack, on one machine in one run, as root: the same requests go in turns to the native stack
# (in a vnet jail, over epair(4); UDP is answered by a process in it) and to the udp-echo program (over mirage0).
#
#	sh measure.sh [ROUNDS [ECHOES [SECONDS]]]
#
# In the folder that tools/freebsd-suite.sh makes.  Prints lines "measured WHO WHAT NAME VALUE ...", those of net-load
# (guest/net-load.c) among them.

rounds=${1:-5}
count=${2:-2000}
seconds=${3:-3}
window=32
native=10.77.1.2
mirage=10.77.2.2
here=$(cd "$(dirname "$0")" && pwd)
load=$here/modules/programs/net-load
results=$(mktemp) || exit 1
server=
epair=

cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	kldunload mirage 2>/dev/null
	jail -r native 2>/dev/null
	[ -z "$epair" ] || ifconfig "$epair" destroy
	rm -f "$results"
}

die() {
	echo "measure: $*" >&2
	exit 1
}

report() {
	who=$1
	what=$2
	shift 2
	line=$("$load" "$@") || die "$who $what: net-load $*"
	echo "$who $what $line" >>"$results"
}

memory() {
	echo "mirage memory-$1 malloc $(vmstat -m | awk '$1 == "mirage" { n = $3 } END { print n + 0 }') zones $(vmstat -z |
	    tr -d , | awk -F: '/^mirage/ { split($2, n, " "); sum += n[1] * (n[3] + n[4]) } END { print sum + 0 }')" >>"$results"
}

trap cleanup EXIT
trap 'exit 1' INT TERM
[ -x "$load" ] || die "no $load: sh tools/freebsd-suite.sh makes this folder"
sysctl net.inet.icmp.icmplim=0 >/dev/null
sysctl kern.ipc.maxsockbuf=4194304 >/dev/null
kldload if_epair 2>/dev/null
epair=$(ifconfig epair create) || die "no epair: this kernel has no if_epair"
other=${epair%a}b
jail -c name=native vnet persist || die "no vnet jails here"
ifconfig "$other" vnet native
ifconfig "$epair" 10.77.1.1/24 up
jexec native ifconfig "$other" $native/24 up
jexec native sysctl net.inet.icmp.icmplim=0 >/dev/null
kldload "$here/modules/udp-echo/mirage.ko" || die "mirage.ko does not load"
sysctl kern.mirage.ipv4=$mirage/24 >/dev/null
ifconfig mirage0 10.77.2.1/24 up
memory loaded
sysctl kern.mirage.run=1 >/dev/null
jexec native "$load" serve 7 &
server=$!
sleep 1
memory idle
echo "mirage kernel version $(sysctl -n kern.osreldate) cpus $(sysctl -n hw.ncpu) module_hex $(kldstat |
    awk '/ mirage/ { print $4 }')" >>"$results"
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	for size in 64 1400; do
		for protocol in icmp udp; do
			report native "rtt-$protocol-$size" rtt $protocol $native $size "$count"
			report mirage "rtt-$protocol-$size" rtt $protocol $mirage $size "$count"
			report native "flood-$protocol-$size" flood $protocol $native $size "$seconds" "$window"
			report mirage "flood-$protocol-$size" flood $protocol $mirage $size "$seconds" "$window"
		done
	done
done
echo "mirage counters copies $(sysctl -n kern.mirage.stats.copies)" >>"$results"
# The neighbour is known already, so that no ARP is in the time.
arp -S $mirage "$(arp -n $mirage | sed 's/.* at \([0-9a-f:]*\) .*/\1/')" >/dev/null
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	sysctl kern.mirage.run=0 >/dev/null
	report mirage start first $mirage
done
sysctl kern.mirage.run=0 >/dev/null
# All at once, so that no message of the kernel's comes between.
sed 's/^/measured /' "$results"
