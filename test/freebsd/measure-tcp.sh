#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# TCP in bulk, Mirage against FreeBSD's own stack, on one machine in one run, as root: in turns to a process in a vnet jail
# over epair(4), and to discard and chargen over mirage0, both with the interfaces' own offloads.
#
#	sh measure-tcp.sh [ROUNDS [BYTES]]
#
# In the folder that tools/freebsd-suite.sh makes.  Prints lines "measured WHO in|out MEGABITS", in: to the server.

rounds=${1:-5}
bytes=${2:-67108864}
native=10.77.1.2
mirage=10.77.2.2
here=$(cd "$(dirname "$0")" && pwd)
load=$here/modules/programs/tcp-load
results=$(mktemp) || exit 1
servers=
epair=

cleanup() {
	[ -z "$servers" ] || kill $servers 2>/dev/null
	kldunload mirage 2>/dev/null
	jail -r native 2>/dev/null
	[ -z "$epair" ] || ifconfig "$epair" destroy
	rm -f "$results"
}

die() {
	echo "measure-tcp: $*" >&2
	exit 1
}

# report WHO in|out ADDRESS
report() {
	case $2 in
	in) line=$("$load" discard "$3" 9 1 "$bytes") ;;
	out) line=$("$load" chargen "$3" 19 1 "$bytes") ;;
	esac || die "$*: $line"
	echo "measured $1 $2 $((bytes * 8 / 1000 / (${line##* ms } + 1)))" >>"$results"
}

# program NAME
program() {
	kldload "$here/modules/$1/mirage.ko" || die "mirage.ko with $1 does not load"
	sysctl kern.mirage.ipv4=$mirage/24 >/dev/null
	ifconfig mirage0 10.77.2.1/24 up
	sysctl kern.mirage.run=1 >/dev/null
	until ping -q -c 1 -t 1 $mirage >/dev/null; do sleep 1; done
}

trap cleanup EXIT
trap 'exit 1' INT TERM
[ -x "$load" ] || die "no $load: sh tools/freebsd-suite.sh makes this folder"
kldload if_epair 2>/dev/null
epair=$(ifconfig epair create) || die "no epair: this kernel has no if_epair"
other=${epair%a}b
jail -c name=native vnet persist || die "no vnet jails here"
ifconfig "$other" vnet native
ifconfig "$epair" 10.77.1.1/24 up
jexec native ifconfig "$other" $native/24 up
for port in 9 19; do
	jexec native "$load" serve $port &
	servers="$servers $!"
done
sleep 1
for way in in out; do
	[ $way = in ] && program discard || program chargen
	round=0
	while [ $round -lt "$rounds" ]; do
		round=$((round + 1))
		report native $way $native
		report mirage $way $mirage
	done
	echo "measured mirage $way-copies $(sysctl -n kern.mirage.stats.copies)" >>"$results"
	sysctl kern.mirage.run=0 >/dev/null
	# What the host has of the program's is on its way.
	until kldunload mirage; do sleep 1; done
done
cat "$results"
