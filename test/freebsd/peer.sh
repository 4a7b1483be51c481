#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A peer outside of this machine, on the interface that MIRAGE_PEER names
# (kyua -v test_suites.mirage.peer=em0).  The host gets 192.168.77.1/24 there,
# the program 192.168.77.2, with a MAC address of its own.  When the console
# says MIRAGE-PEER-READY, the peer, 192.168.77.9, sends what it likes to both, and then one line to
# TCP port 9999 of 192.168.77.1: how many of its packets had no answer.

. "$(atf_get_srcdir)/mirage.subr"

atf_test_case outside cleanup
outside_head() {
	atf_set descr "a peer outside reaches the program, and the host as before"
	atf_set require.user root
	atf_set timeout 600
}
outside_body() {
	peer=$(atf_config_get peer none)
	[ "$peer" != none ] || atf_skip "no outside peer: MIRAGE_PEER names the interface that one is on"
	atf_check ifconfig "$peer" inet 192.168.77.1/24 alias up
	mirage_load udp-echo
	mirage_write rtparams "n=$peer"
	mirage_write ipv4 192.168.77.2/24
	mirage_start
	sleep 1
	mirage_is error ''
	mirage_is state running
	echo "attached: $(mirage_value netif)"
	echo MIRAGE-PEER-READY >/dev/console
	nc -l 9999 </dev/null >said
	unanswered=$(cat said)
	echo "unanswered: $unanswered; frames $(mirage_value stats.frames_in) in, $(mirage_value stats.frames_out) out"
	drops=$(sysctl kern.mirage.stats | awk '/\.drop_/ { sum += $NF } END { print sum }')
	# What nobody claims are the peer's multicasts.
	[ "$unanswered" -le "$drops" ] || atf_fail "the peer misses $unanswered answers, and $drops drops are counted"
	mirage_is stats.copies 0
	mirage_is state running
	mirage_done
}
outside_cleanup() {
	mirage_cleanup
	peer=$(atf_config_get peer none)
	[ "$peer" = none ] || ifconfig "$peer" inet 192.168.77.1 -alias 2>/dev/null
	:
}

atf_init_test_cases() {
	atf_add_test_case outside
}
