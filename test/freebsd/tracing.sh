#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What tracing costs a program in the kernel, as root: echoes of udp-echo on mirage0 with no probe enabled, with a
# dtrace(1) that enables none, and with all probes of a family enabled and counted by it, in turns.  In the folder that
# tools/freebsd-suite.sh makes:
#
#	sh tracing.sh [-r ROUNDS] [-s MILLISECONDS]
#
# Prints "traced ROUND FAMILY WORK JSON fired COUNT" of each measurement, and a table of medians and ratios: ICMP is
# answered by frame code, UDP by JavaScript.  In QEMU with -smp 1 -icount shift=1,sleep=off the guest's time is a count of
# instructions, so that a busy host does not show.

rounds=5
milliseconds=2000
while getopts r:s: option; do
	case $option in
	r) rounds=$OPTARG ;;
	s) milliseconds=$OPTARG ;;
	*)
		sed -n 's/^#	\(sh tracing.sh\)/usage: \1/p' "$0" >&2
		exit 64
		;;
	esac
done
for number in "$rounds" "$milliseconds"; do
	case $number in
	'' | 0* | *[!0-9]*)
		echo "tracing: a whole number from 1 is wanted, not '$number'" >&2
		exit 64
		;;
	esac
done

here=$(cd "$(dirname "$0")" && pwd)
load=$here/modules/programs/net-load
table=$here/dtrace/probes.def
address=10.77.2.2
scratch=$(mktemp -d) || exit 1

cleanup() {
	trap '' INT TERM HUP
	sysctl kern.mirage.run=0 >/dev/null 2>&1
	left=60
	while kldstat -q -n mirage.ko && [ $left -gt 0 ]; do
		kldunload mirage 2>/dev/null || sleep 0.5
		left=$((left - 1))
	done
	rm -rf "$scratch"
}

die() {
	echo "tracing: $*" >&2
	exit 1
}

# The probes of a family as dtrace(1) names them, with commas between.
probes_of() {
	awk -v family="$1" '/^MIRAGE_PROBE_ROW/ {
		split($0, words, /[(,] */)
		if (words[3] == family) { gsub(/__/, "-", words[2]); printf "%smirage:::%s", comma, words[2]; comma = "," }
	}' "$table"
}

# measure ROUND FAMILY WORK: none stands for no probe enabled, tracer for a dtrace(1) that enables none of Mirage's.
measure() {
	echo "exec '$load' -w 300 -t $milliseconds flood $3 $address 64 32 >'$scratch/said'" >"$scratch/command.sh"
	if [ "$2" = none ]; then
		sh "$scratch/command.sh" || die "net-load $3 failed"
		fired=0
	else
		probes=BEGIN
		[ "$2" = tracer ] || probes=$(probes_of "$2")
		# -c: the command begins when the probes are enabled.
		dtrace -q -o "$scratch/counts" -n "$probes { @ = count(); } END { printa(\"%@d\n\", @); }" \
			-c "sh $scratch/command.sh" 2>"$scratch/errors" ||
			die "dtrace: $(cat "$scratch/errors")"
		fired=$(awk 'NF { n = $1 } END { print n + 0 }' "$scratch/counts")
		rm -f "$scratch/counts"
	fi
	[ "$1" -eq 0 ] || echo "traced $1 $2 $3 $(cat "$scratch/said") fired $fired" | tee -a "$scratch/results"
}

[ "$(id -u)" -eq 0 ] || die "only root traces"
! kldstat -q -n mirage.ko || die "a mirage.ko is loaded already"
[ -x "$load" ] || die "no $load: sh tools/freebsd-suite.sh makes this folder"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
kldstat -q -m sdt || kldload dtraceall 2>/dev/null || kldload sdt || die "this kernel has no DTrace"
sysctl net.inet.icmp.icmplim=0 >/dev/null
kldload "$here/modules/udp-echo/mirage.ko" || die "mirage.ko with udp-echo does not load"
sysctl kern.mirage.ipv4=$address/24 >/dev/null
ifconfig mirage0 10.77.2.1/24 up
sysctl kern.mirage.run=1 >/dev/null
left=100
until ping -q -c 1 -t 1 $address >/dev/null 2>&1; do
	left=$((left - 1))
	[ $left -gt 0 ] || die "no answer from $address; $(sysctl kern.mirage.state kern.mirage.error 2>&1)"
done
families="none tracer frames stack language"
for family in frames stack language; do
	[ -n "$(probes_of $family)" ] || die "probes.def has no probes of the family $family"
done
echo "system $(sysctl -n kern.ostype) $(sysctl -n kern.osrelease) ($(sysctl -n kern.osreldate)) $(sysctl -n hw.ncpu) CPUs, $(sysctl -n kern.vm_guest)"
# Round 0 is to get warm, and is not kept.
round=0
while [ $round -le "$rounds" ]; do
	for work in icmp udp; do
		for family in $families; do
			measure $round "$family" $work
		done
	done
	# Another goes first in the next round.
	families="${families#* } ${families%% *}"
	round=$((round + 1))
done
state=$(sysctl -n kern.mirage.state)
[ "$state" = running ] || die "the program is $state: $(sysctl -n kern.mirage.error)"

# Of each family the medians, and the median, least and greatest of the rounds' ratios to none.
awk '
	function number(name) { return match($0, "\"" name "\":[0-9]+") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : 0 }
	{
		row = $4 " " $3; echoes = number("received")
		rate[row, $2] = echoes / number("ns") * 1e9
		fired[row, $2] = echoes > 0 ? $NF / echoes : 0
		if (!(row in known)) { known[row] = $4 " none"; names[++rows] = row }
		if ($2 > last) last = $2
	}
	function middle(row, what,   i, j, n, v, list) {
		n = 0
		for (i = 1; i <= last; i++) {
			v = what == "fired" ? fired[row, i] : what == "rate" ? rate[row, i] : rate[row, i] / rate[known[row], i]
			for (j = n++; j > 0 && list[j] > v; j--) list[j + 1] = list[j]
			list[j + 1] = v
		}
		least = list[1]; most = list[n]
		return (list[int((n + 1) / 2)] + list[int(n / 2) + 1]) / 2
	}
	END {
		printf "\n%-16s %12s %8s  %-11s %s\n", "probes on", "echoes/s", "ratio", "from-to", "fired, an echo"
		for (r = 1; r <= rows; r++) {
			ratio = middle(names[r], "ratio"); from = least; to = most
			printf "%-16s %12.0f %8.3f  %.2f-%.2f   %.1f\n", names[r], middle(names[r], "rate"), ratio, from, to, middle(names[r], "fired")
		}
	}' "$scratch/results"
