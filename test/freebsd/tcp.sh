#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# TCP, IPv6 and fragments over mirage0: examples/tcp-echo, discard and chargen against
# the host's own network stack.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/streams.subr"

HOST6=fd00:0:0:0:0:0:0:1
PROGRAM6=fd00:0:0:0:0:0:0:2

# Bytes of one stream, bytes and number of the streams at once.
bulk=$(atf_config_get tcp_bytes 16777216)
flows=$(atf_config_get tcp_flows 1000)

# Every flow was closed by both, and the program holds nothing of it.
over() {
	mirage_is state running
	mirage_is error ''
	mirage_done
}

mirage_case text "tcp-echo: nc(1) gets its lines back, and the end" 900
text_body() {
	mirage_answers tcp-echo
	# Lines that wait for their answer, so the end does not overtake them.
	atf_check -o inline:'one\ntwo\n' sh -c "(echo one; sleep 1; echo two) | nc -N -w 20 $PROGRAM 7"
	over
}

mirage_case echo "tcp-echo: a stream comes back unchanged" 900
echo_body() {
	mirage_answers tcp-echo
	load echo $PROGRAM 7 1 "$bulk"
	over
}

mirage_case many "tcp-echo: many flows at once, each gets its own bytes" 900
many_body() {
	mirage_answers tcp-echo
	load echo $PROGRAM 7 "$flows" 3000
	load echo $PROGRAM 7 16 $((bulk / 32))
	over
}

mirage_case sink "discard: takes a stream" 900
sink_body() {
	mirage_answers discard
	load discard $PROGRAM 9 1 "$bulk"
	load discard $PROGRAM 9 8 $((bulk / 16))
	over
}

mirage_case source "chargen: makes a stream, and goes on when its readers leave" 900
source_body() {
	mirage_answers chargen
	load chargen $PROGRAM 19 1 "$bulk"
	load chargen $PROGRAM 19 8 $((bulk / 16))
	over
}

mirage_case fragments "ping with more than a frame holds" 900
fragments_body() {
	mirage_answers udp-echo
	# The host puts no more than 16 fragments together (net.inet.ip.maxfragsperpacket).
	for size in 1473 8000 20000; do
		atf_check -o match:' 0.0% packet loss' ping -q -c 5 -s $size $PROGRAM
	done
	over
}

mirage_case ipv6 "tcp-echo: neighbours, ping, large ping and streams over IPv6" 900
ipv6_body() {
	sysctl -n net.inet6.ip6.forwarding >/dev/null 2>&1 || atf_skip "this kernel has no IPv6"
	mirage_load tcp-echo
	mirage_up
	atf_check ifconfig mirage0 inet6 $HOST6/64
	mirage_write ipv6 $PROGRAM6/64
	mirage_start
	mirage_waits
	# The host's own address is checked for duplicates for a second or two.
	sleep 3
	atf_check -o match:' 0.0% packet loss' ping6 -q -c 3 $PROGRAM6
	atf_check -o match:' 0.0% packet loss' ping6 -q -c 3 -s 8000 $PROGRAM6
	load echo $PROGRAM6 7 1 $((bulk / 4))
	load echo $PROGRAM6 7 50 20000
	over
}

# What the host holds of a connection that nobody answers any more may be the program's.  A
# tcpdrop(8) older than the kernel finds none; then the host has to give up by itself.
forget_flows() {
	tcpdrop -l -a 2>/dev/null | grep -F " $PROGRAM " | sh >/dev/null 2>&1
}

mirage_case stopped "tcp-echo: stopped and unloaded with flows open; the next start knows none of them" 900
stopped_body() {
	atf_require_prog tcpdrop
	mirage_answers tcp-echo
	"$(mirage_program tcp-load)" echo $PROGRAM 7 20 "$bulk" 5 >cut &
	sleep 2
	mirage_stop
	mirage_is state idle
	mirage_start
	mirage_waits
	load echo $PROGRAM 7 1 100000
	# Their old connections are unknown now, and are reset, or nothing came for too long.
	wait
	atf_check -o match:'^flows 20 done 0 .* changed 0 ' cat cut
	"$(mirage_program tcp-load)" echo $PROGRAM 7 20 "$bulk" 5 >cut &
	sleep 2
	mirage_stop
	forget_flows
	wait
	atf_check -o match:'^flows 20 done 0 .* changed 0 ' cat cut
	_left=20
	until kldunload mirage 2>/dev/null; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "the host does not give back what it has of the program's"
	done
	mirage_nothing_left
}

atf_init_test_cases() {
	for one in $cases; do
		atf_add_test_case "$one"
	done
}
