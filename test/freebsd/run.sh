#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Tests of mirage.ko in a FreeBSD kernel, as root: sh run.sh.  Beside it lie folders with a mirage.ko each: hello, udp-echo, and
# spin (a program that loops for ever).  Exits with the number of checks that failed.

failed=0

check() {
	what=$1
	shift
	if "$@"; then
		echo "ok - $what"
	else
		echo "not ok - $what: $*"
		failed=$((failed + 1))
	fi
}

value() {
	sysctl -n "kern.mirage.$1"
}

is() {
	[ "$1" = "$2" ]
}

# Until a sysctl has a value, for at most so many tenths of a second.
becomes() {
	left=$3
	while [ "$(value "$1")" != "$2" ]; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

refused() {
	! sysctl "$1" >/dev/null 2>&1
}

echoes() {
	[ "$(printf 'some text\n' | nc -u -w 2 10.0.0.2 7)" = "some text" ]
}

nothing_left() {
	! vmstat -m | grep -q mirage && ! vmstat -z | grep -q mirage
}

check "hello: load" kldload ./hello/mirage.ko
check "hello: idle" is "$(value state)" idle
check "hello: start" sysctl kern.mirage.run=1
check "hello: returns" becomes state returned 100
check "hello: printed" sh -c 'dmesg | grep -q "mirage: hello from hello on kfreebsd"'
check "hello: again" sysctl kern.mirage.run=1
check "hello: returns again" becomes state returned 100
check "hello: unload" kldunload mirage
check "hello: nothing left" nothing_left

check "spin: load" kldload ./spin/mirage.ko
check "spin: rtparams" sysctl kern.mirage.rtparams=i=1M
check "spin: bad rtparams refused" refused kern.mirage.rtparams=i=1Q
check "spin: and the old ones kept" is "$(value rtparams)" i=1M
check "spin: start" sysctl kern.mirage.run=1
check "spin: over budget" becomes state over-budget 300
check "spin: says where" sh -c 'sysctl -n kern.mirage.error | grep -q "at spin (.*:[0-9]*)"'
check "spin: start again" sysctl kern.mirage.run=1
check "spin: unload while it runs" kldunload mirage
check "spin: nothing left" nothing_left

check "udp-echo: load" kldload ./udp-echo/mirage.ko
check "udp-echo: configure" ifconfig mirage0 10.0.0.1/24 up
check "udp-echo: start" sysctl kern.mirage.run=1
check "udp-echo: second start refused" refused kern.mirage.run=1
check "udp-echo: ping" ping -q -c 3 -t 10 10.0.0.2
check "udp-echo: echo" echoes
check "udp-echo: ping of 1,400 bytes" ping -q -c 3 -t 10 -s 1400 10.0.0.2
check "udp-echo: no copy" is "$(value stats.copies) $(value host_copies)" "0 0"
check "udp-echo: stop" sysctl kern.mirage.run=0
check "udp-echo: idle" is "$(value state)" idle
check "udp-echo: start again" sysctl kern.mirage.run=1
ping -q -f -t 3 10.0.0.2 >/dev/null 2>&1 &
sleep 1
check "udp-echo: unload under traffic" kldunload mirage
wait
check "udp-echo: nothing left" nothing_left

echo "$failed failed"
exit $failed
