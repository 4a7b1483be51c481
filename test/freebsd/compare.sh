#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Mirage against FreeBSD's own network stack on one machine in one run, as root: the guest's half of mirage compare, and all
# of it for those who are on FreeBSD.  In the folder that tools/freebsd-suite.sh makes:
#
#	sh compare.sh [-r ROUNDS] [-s MILLISECONDS] [-w MILLISECONDS] [-o WORKLOAD,...] [-l on|off|both] [jail]
#	sh compare.sh [...] outside INTERFACE
#
# jail: the same load goes in turns to a vnet jail over epair(4) and to a program on mirage0.  -s: of one measurement, -w:
# before it, not counted; -o: as icmp-echo,tcp-in; -l: with or without TSO and LRO of mirage0 (epair has neither).  Prints
# a table, and before it what mirage compare --read takes: lines "measured ROUND SIDE JOB JSON", "fact NAME VALUE" and others.
#
# outside: serves a client on another machine, at 192.168.77.1 (this machine) and 192.168.77.2 (the program on that
# interface), as that client says at TCP port 9998.
#
# Jobs are in compare.plan, a line each: name, module, service of net-load, its port, on|off, words for net-load.

rounds=9
milliseconds=1000
warmup=300
only=
offloads=both
while getopts r:s:w:o:l: option; do
	case $option in
	r) rounds=$OPTARG ;;
	s) milliseconds=$OPTARG ;;
	w) warmup=$OPTARG ;;
	o) only=,$OPTARG, ;;
	l) offloads=$OPTARG ;;
	*)
		sed -n 's/^#	\(sh compare.sh\)/usage: \1/p' "$0" >&2
		exit 64
		;;
	esac
done
shift $((OPTIND - 1))
for number in "$rounds" "$milliseconds" "$warmup"; do
	case $number in
	'' | 0* | *[!0-9]*)
		echo "compare: a whole number from 1 is wanted, not '$number'" >&2
		exit 64
		;;
	esac
done
case $offloads in
on | off | both) ;;
*)
	echo "compare: -l is on, off or both, not '$offloads'" >&2
	exit 64
	;;
esac

here=$(cd "$(dirname "$0")" && pwd)
load=$here/modules/programs/net-load
results=$(mktemp) || exit 1
plan=$(mktemp) || exit 1
changed=$(mktemp) || exit 1
servers=
epair=
alias=
set=on
loaded=

cleanup() {
	trap '' INT TERM HUP
	# shellcheck disable=SC2086
	[ -z "$servers" ] || kill $servers 2>/dev/null
	unload
	jail -r mirage_compare 2>/dev/null
	[ -z "$epair" ] || ifconfig "$epair" destroy
	[ "$set" = on ] || offload_of "$alias" on
	[ -z "$alias" ] || ifconfig "$alias" inet 192.168.77.1 -alias
	while read -r one; do
		sysctl "$one" >/dev/null
	done <"$changed"
	rm -f "$results" "$plan" "$changed"
}

die() {
	echo "compare: $*" >&2
	exit 1
}

# change NAME VALUE: a sysctl, until the end.
change() {
	echo "$1=$(sysctl -n "$1")" >>"$changed" && sysctl "$1=$2" >/dev/null
}

# Packets of the program that wait in the host keep the module busy for a moment.
unload() {
	left=60
	while kldstat -q -n mirage.ko; do
		sysctl kern.mirage.run=0 >/dev/null 2>&1
		kldunload mirage 2>/dev/null && break
		left=$((left - 1))
		[ $left -gt 0 ] || {
			echo "compare: mirage.ko does not unload" >&2
			break
		}
		sleep 0.5
	done
	loaded=
}

# module NAME: loads it in place of another.
module() {
	[ "$loaded" != "$1" ] || return 0
	unload
	kldload "$here/modules/$1/mirage.ko" || die "mirage.ko with $1 does not load"
	loaded=$1
}

# answers ADDRESS: waits until it answers a ping; what is started takes no frames for a moment.
answers() {
	left=100
	until ping -q -c 1 -t 1 "$1" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || die "no answer from $1; $(sysctl kern.mirage.state kern.mirage.error 2>&1)"
	done
}

# As where syslogd(8) runs: what the program logs does not wait for the console.
quiet_console() {
	cat /dev/klog >/dev/null 2>&1 &
	servers="$servers $!"
}

# serve COMMAND...: starts what native services the jobs need.
serve() {
	for service in $(awk '$3 != "-" { print $3 ":" $4 }' "$plan" | sort -u); do
		"$@" "$load" serve "${service%:*}" "${service#*:}" >/dev/null &
		servers="$servers $!"
	done
}

# measure ROUND SIDE JOB LOAD...: a line of results; round 0 is to get warm, and is not kept.
measure() {
	round=$1 side=$2 job=$3 time=$milliseconds
	shift 3
	[ "$round" -gt 0 ] || [ "$time" -lt 200 ] || time=200
	line=$("$load" -w "$warmup" -t "$time" "$@") || die "$job, $side, round $round: net-load $* failed"
	[ "$round" -eq 0 ] || echo "measured $round $side $job $line" >>"$results"
}

# words ADDRESS LOAD...: prints it with the address in its place.
words() {
	address=$1
	shift
	for word; do
		[ "$word" != ADDRESS ] || word=$address
		printf '%s ' "$word"
	done
}

# in_jail ROUND SIDE JOB MODULE SETTING LOAD...
in_jail() {
	round=$1 side=$2 job=$3 module=$4 setting=$5
	shift 5
	if [ "$side" = native ]; then
		# shellcheck disable=SC2046
		measure "$round" native "$job" $(words $native "$@")
		return
	fi
	if [ "$loaded" != "$module" ]; then
		module "$module"
		sysctl kern.mirage.ipv4=$mirage/24 >/dev/null
		ifconfig mirage0 10.77.2.1/24 up
	fi
	if [ "$setting" = on ]; then ifconfig mirage0 tso lro; else ifconfig mirage0 -tso -lro; fi
	sysctl kern.mirage.run=1 >/dev/null
	answers $mirage
	# shellcheck disable=SC2046
	measure "$round" mirage "$job" $(words $mirage "$@")
	sysctl kern.mirage.run=0 >/dev/null
}

# What an idle instance of udp-echo takes, and how soon it answers.
facts() {
	unload
	module udp-echo
	before=$(memory)
	sysctl kern.mirage.ipv4=$mirage/24 >/dev/null
	ifconfig mirage0 10.77.2.1/24 up
	sysctl kern.mirage.run=1 >/dev/null
	answers $mirage
	{
		echo "fact memory $(($(memory) - before))"
		echo "fact module $((0x$(kldstat | awk '/ mirage/ { print $4 }')))"
	} >>"$results"
	# The neighbour is known, so that no ARP is in the time.
	arp -S $mirage "$(arp -n $mirage | sed 's/.* at \([0-9a-f:]*\) .*/\1/')" >/dev/null
	for _ in 1 2 3; do
		sysctl kern.mirage.run=0 >/dev/null
		line=$("$load" first $mirage) || die "the program does not answer after it was started"
		echo "fact start $(echo "$line" | tr -cd 0-9)" >>"$results"
	done
	sysctl kern.mirage.run=0 >/dev/null
}

memory() {
	malloc=$(vmstat -m | awk '$1 == "mirage" { n = $3 ~ /K$/ ? $3 * 1024 : $3 } END { print n + 0 }')
	zones=$(vmstat -z | tr -d , | awk -F: '/^mirage/ { split($2, n, " "); sum += n[1] * (n[3] + n[4]) } END { print sum + 0 }')
	echo $((malloc + zones))
}

jails() {
	native=10.77.1.2
	mirage=10.77.2.2
	kldload if_epair 2>/dev/null
	epair=$(ifconfig epair create) || die "no epair: this kernel has no if_epair"
	other=${epair%a}b
	jail -c name=mirage_compare vnet persist || die "no vnet jails here: the kernel lacks VIMAGE"
	ifconfig "$other" vnet mirage_compare
	ifconfig "$epair" 10.77.1.1/24 up
	jexec mirage_compare ifconfig "$other" $native/24 up
	jexec mirage_compare ifconfig lo0 127.0.0.1/8 up
	jexec mirage_compare sysctl net.inet.icmp.icmplim=0 net.inet.tcp.msl=1000 >/dev/null 2>&1
	serve jexec mirage_compare
	answers $native
	round=0
	while [ $round -le "$rounds" ]; do
		[ $round -eq 0 ] && echo "warming up" >&2 || echo "round $round of $rounds" >&2
		while read -r job module service port setting words <&3; do
			if [ $((round % 2)) -eq 1 ]; then sides="native mirage"; else sides="mirage native"; fi
			for side in $sides; do
				# shellcheck disable=SC2086
				in_jail $round $side "$job" "$module" "$setting" $words
			done
		done 3<"$plan"
		round=$((round + 1))
	done
	! grep -q ' udp-echo ' "$plan" || facts
	echo "load $(sysctl -n vm.loadavg)" >>"$results"
	cat "$results"
	table
}

# Of each number its median on both sides, and the median, least and greatest ratio of the rounds.
table() {
	echo
	sed -n 's/^measured //p' "$results" | tr -d '{}"' | awk '
		{
			n = split($4, pairs, ",")
			for (i = 1; i <= n; i++) {
				split(pairs[i], pair, ":")
				count[pair[1]] = pair[2]
			}
			for (i = 1; i <= n; i++) {
				split(pairs[i], pair, ":")
				name = pair[1]
				if (name == "ns" || name == "lost" || name == "sent") continue
				if (name == "cpuNs") {
					value = 100 * count[name] / count["ns"]; name = "cpu, % of one"
				} else if (name ~ /^p[0-9]+$/) {
					value = count[name] / 1000; name = name ", us"
				} else {
					value = count[name] / count["ns"] * 1e9; name = name "/s"
				}
				row = $3 " " name
				if (!(row in known)) { known[row] = ++rows; names[rows] = row }
				values[row, $2, $1] = value
				if ($1 > last) last = $1
			}
		}
		function middle(row, what,   i, j, n, v, list) {
			n = 0
			for (i = 1; i <= last; i++) {
				v = what == "ratio" ? values[row, "mirage", i] / (values[row, "native", i] + 1e-9) : values[row, what, i]
				for (j = n++; j > 0 && list[j] > v; j--) list[j + 1] = list[j]
				list[j + 1] = v
			}
			least = list[1]; most = list[n]
			return (list[int((n + 1) / 2)] + list[int(n / 2) + 1]) / 2
		}
		END {
			printf "%-42s %14s %14s %6s  %s\n", "job", "native", "mirage", "ratio", "from-to"
			for (r = 1; r <= rows; r++) {
				ratio = middle(names[r], "ratio"); from = least; to = most
				printf "%-42s %14.1f %14.1f %6.2f  %.2f-%.2f\n", names[r], middle(names[r], "native"),
				    middle(names[r], "mirage"), ratio, from, to
			}
		}'
}

# offload_of INTERFACE on|off
offload_of() {
	if [ "$2" = on ]; then
		ifconfig "$1" txcsum rxcsum tso lro
	else
		ifconfig "$1" -tso -lro -txcsum -rxcsum
	fi
}

# The client's words: native:SETTING, mirage:SETTING:MODULE, "done?" (by hearing it this says that it is), and end.
outside() {
	interface=$1
	ifconfig "$interface" inet 192.168.77.1/24 alias up || die "no interface $interface"
	alias=$interface
	serve
	while :; do
		word=$("$load" hear 9998) || die "the client cannot be heard"
		case $word in
		end) break ;;
		done*) continue ;;
		esac
		side=${word%%:*} rest=${word#*:}
		setting=${rest%%:*} module=${rest#*:}
		[ -z "$loaded" ] || sysctl kern.mirage.run=0 >/dev/null
		if [ "$setting" != "$set" ]; then
			set=$setting
			offload_of "$interface" "$setting"
		fi
		[ "$side" = mirage ] || continue
		if [ "$loaded" != "$module" ]; then
			module "$module"
			sysctl "kern.mirage.rtparams=n=$interface" kern.mirage.ipv4=192.168.77.2/24 >/dev/null
		fi
		sysctl kern.mirage.run=1 >/dev/null
	done
}

[ "$(id -u)" -eq 0 ] || die "only root loads modules"
! kldstat -q -n mirage.ko || die "a mirage.ko is loaded already"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
[ -x "$load" ] || die "no $load: sh tools/freebsd-suite.sh makes this folder"
awk -v only="$only" -v offloads="$offloads" '{
	split($1, name, "/")
	if ((only == "" || index(only, "," name[1] ",")) && (offloads == "both" || offloads == $5)) print
}' "$here/compare.plan" >"$plan"
[ -s "$plan" ] || die "no job is left of those in compare.plan: $(sed 's/[/ ].*//' "$here/compare.plan" | sort -u | tr '\n' ' ')"
quiet_console
change net.inet.icmp.icmplim 0
change kern.ipc.maxsockbuf 4194304
change net.inet.tcp.msl 1000
{
	echo "settings $rounds $milliseconds $warmup"
	echo "machine $(sysctl -n kern.vm_guest) $(sysctl -n hw.model)"
	echo "load $(sysctl -n vm.loadavg)"
} >>"$results"
echo "system $(sysctl -n kern.ostype) $(sysctl -n kern.osrelease) ($(sysctl -n kern.osreldate)) $(sysctl -n hw.ncpu)" >>"$results"
case ${1:-jail} in
jail) jails ;;
outside) outside "${2:?which interface?}" ;;
*) die "jail, or outside INTERFACE, not $1" ;;
esac
