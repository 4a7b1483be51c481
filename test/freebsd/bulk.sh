#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# TCP in bulk and in number between the host's own network stack and the program, over mirage0, over an epair(4) whose
# other end the program has, and over a card of the host's that the program is attached to: a long stream each way, every
# byte compared (MIRAGE_BULK_MB=100), and 1,000 connections that open, echo and close; IPv4 and IPv6.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/streams.subr"

HOST=10.9.0.1
PROGRAM=10.9.0.2
HOST6=fd09:0:0:0:0:0:0:1
PROGRAM6=fd09:0:0:0:0:0:0:2

bulk=$(($(atf_config_get bulk_mb 16) * 1000000))
flows=$(atf_config_get tcp_flows 1000)

# Where the program is ($n of the rtparams), and the host's own interface to it.
over_mirage0() {
	n=mirage0 ours=mirage0
}

over_epair() {
	kldload -n if_epair 2>/dev/null || kldstat -q -m if_epair || atf_skip "there is no if_epair"
	ours=$(ifconfig epair create) || atf_skip "no epair can be made"
	echo "$ours" >made
	atf_check ifconfig "${ours%a}b" up
	n=${ours%a}b:steal
}

over_card() {
	ours=$(atf_config_get card none)
	[ "$ours" != none ] || atf_skip "MIRAGE_CARD names no card of this machine that the test may use"
	echo "$ours" >card
	n=$ours
}

# program NAME ADDRESS: loaded, started, and it answers.
program() {
	mirage_load "$1"
	mirage_write rtparams "n=$n"
	mirage_write ipv4 $PROGRAM/24
	mirage_write ipv6 $PROGRAM6/64
	case $2 in
	*:*) inet6 "$ours" $HOST6 ;;
	*) atf_check ifconfig "$ours" inet $HOST/24 alias up ;;
	esac
	mirage_start
	mirage_becomes state running
	mirage_waits "$2"
}

# ended: nothing is left.
ended() {
	mirage_is state running
	mirage_is error ''
	mirage_done
}

transfers() {
	program tcp-echo "$1"
	load echo "$1" 7 1 "$bulk"
	load echo "$1" 7 "$flows" 3000
	mirage_is stats.copies 0
	ended
	program discard "$1"
	load discard "$1" 9 1 "$bulk"
	mirage_is stats.copies 0
	ended
	# Its bytes are JavaScript's own, which are copied.
	program chargen "$1"
	load chargen "$1" 19 1 "$bulk"
	ended
}

clear() {
	mirage_cleanup
	[ -f made ] && ifconfig "$(cat made)" destroy
	[ -f card ] && ifconfig "$(cat card)" inet $HOST -alias 2>/dev/null
	[ -f card ] && ifconfig "$(cat card)" inet6 $HOST6 -alias 2>/dev/null
	:
}

# case_of WAY DESCRIPTION: over IPv4, and over IPv6.
case_of() {
	for _ip in '' 6; do
		atf_test_case "$1$_ip" cleanup
		eval "$1${_ip}_head() { atf_set descr '$2'; atf_set require.user root; atf_set timeout 900; }
			$1${_ip}_body() { over_$1; transfers \$PROGRAM$_ip; }
			$1${_ip}_cleanup() { clear; }"
		cases="$cases $1$_ip"
	done
}
cases=

case_of mirage0 "a long stream each way and 1,000 connections over mirage0"
case_of epair "a long stream each way and 1,000 connections over an epair, one end of which is the program'\\''s"
case_of card "a long stream each way and 1,000 connections over a card that host and program share"

atf_init_test_cases() {
	for one in $cases; do
		atf_add_test_case "$one"
	done
}
