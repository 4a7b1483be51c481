#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A peer outside of this machine, on the interface that MIRAGE_PEER names
# (kyua -v test_suites.mirage.peer=em0).  The host gets 192.168.77.1/24 there,
# the program 192.168.77.2 and fd77::2, with a MAC address of its own.  When the console says
# MIRAGE-PEER-READY and the program's name, the peer, 192.168.77.9 and fd77::9, sends what it likes to both, and then one
# line to TCP port 9999 of 192.168.77.1: how many of its packets, or of its streams, had no answer.

. "$(atf_get_srcdir)/mirage.subr"

# attached NAME: that program runs on the interface, and waits for the peer's one line.
attached() {
	peer=$(atf_config_get peer none)
	[ "$peer" != none ] || atf_skip "no outside peer: MIRAGE_PEER names the interface that one is on"
	atf_check ifconfig "$peer" inet 192.168.77.1/24 alias up
	mirage_load "$1"
	mirage_write rtparams "n=$peer"
	mirage_write ipv4 192.168.77.2/24
	mirage_write ipv6 fd77::2/64
	mirage_start
	# Its IPv6 address is looked for elsewhere first.
	sleep 3
	mirage_is error ''
	mirage_is state running
	echo "attached: $(mirage_value netif)"
	echo "MIRAGE-PEER-READY $1" >/dev/console
	nc -l 9999 </dev/null >said
	echo "frames $(mirage_value stats.frames_in) in, $(mirage_value stats.frames_out) out"
}

case_of() {
	atf_test_case "$1" cleanup
	eval "$1_head() { atf_set descr '$2'; atf_set require.user root; atf_set timeout 600; }
		$1_cleanup() { detach; }"
	cases="$cases $1"
}
cases=

detach() {
	mirage_cleanup
	peer=$(atf_config_get peer none)
	[ "$peer" = none ] || ifconfig "$peer" inet 192.168.77.1 -alias 2>/dev/null
	:
}

case_of outside "a peer outside reaches the program, and the host as before"
outside_body() {
	attached udp-echo
	unanswered=$(cat said)
	drops=$(sysctl kern.mirage.stats | awk '/\.drop_/ { sum += $NF } END { print sum }')
	# What nobody claims are the peer's multicasts.
	[ "$unanswered" -le "$drops" ] || atf_fail "the peer misses $unanswered answers, and $drops drops are counted"
	mirage_is stats.copies 0
	mirage_is state running
	mirage_done
}

# streamed NAME: as long as the peer likes, and every stream ended as it should.
streamed() {
	attached "$1"
	atf_check -o inline:'0\n' cat said
	mirage_value stats.defined | grep -E '^tcp\..* [1-9]'
	mirage_is state running
}

case_of streams "a peer outside has its streams echoed by TCP, unchanged"
streams_body() {
	streamed tcp-echo
	mirage_is stats.copies 0
	mirage_done
}

case_of sink "a peer outside sends streams by TCP, and all of them is taken"
sink_body() {
	streamed discard
	mirage_is stats.copies 0
	mirage_done
}

case_of source "a peer outside gets streams by TCP, unchanged"
source_body() {
	streamed chargen
	mirage_done
}

atf_init_test_cases() {
	for one in $cases; do
		atf_add_test_case "$one"
	done
}
