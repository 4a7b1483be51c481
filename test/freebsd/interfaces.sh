#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# mirageN: made and destroyed, named in rtparams, MTU, MAC addresses.

. "$(atf_get_srcdir)/mirage.subr"

# fails MESSAGE: a start ends in the state failed, with that in the error.
fails() {
	mirage_start
	mirage_becomes state failed
	case $(mirage_value error) in
	*"$1"*) ;;
	*) atf_fail "the error is '$(mirage_value error)', not '$1'" ;;
	esac
}

answers_at() {
	_left=50
	until ping -q -c 1 -t 1 "$1" >/dev/null 2>&1; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "no answer from $1; $(mirage_value netif)"
	done
}

atf_test_case clone cleanup
clone_head() {
	atf_set descr "mirage1 is made, used and destroyed under a program, which goes on"
	atf_set require.user root
}
clone_body() {
	mirage_load udp-echo
	atf_check -o ignore -e ignore ifconfig mirage1 create
	atf_check -s not-exit:0 -o ignore -e ignore ifconfig mirage1 create
	atf_check ifconfig mirage1 $HOST/24 up
	mirage_write rtparams n=mirage1,m=02:00:00:00:00:17
	mirage_start
	answers_at $PROGRAM
	atf_check -o match:'at 02:00:00:00:00:17 on mirage1' arp -an
	mirage_is netif "mirage1 mac 02:00:00:00:00:17 mtu 1500 up address $PROGRAM/24"
	# The program was told its MTU.
	ifconfig mirage1 mtu 1400 2>/dev/null
	atf_check -o match:'mtu 1500' ifconfig mirage1
	atf_check ifconfig mirage0 mtu 1400
	ping -q -i 0.01 -c 1000 $PROGRAM >/dev/null 2>&1 &
	sleep 1
	atf_check ifconfig mirage1 destroy
	wait
	mirage_is netif "mirage1 mac 02:00:00:00:00:17 mtu 1500 gone address $PROGRAM/24"
	mirage_is state running
	mirage_stop
	fails 'mirage1: no such interface'
	atf_check -o ignore -e ignore ifconfig mirage1 create
	mirage_start
	atf_check ifconfig mirage1 $HOST/24 up
	answers_at $PROGRAM
	# And the module goes with both there, one in use.
	mirage_done
}
clone_cleanup() {
	mirage_cleanup
}

atf_test_case two cleanup
two_head() {
	atf_set descr "a program with two interfaces, in the order of rtparam n"
	atf_set require.user root
}
two_body() {
	mirage_load udp-echo
	atf_check -o ignore -e ignore ifconfig mirage7 create
	mirage_write rtparams n=mirage7+mirage0
	mirage_start
	atf_check ifconfig mirage7 $HOST/24 up
	answers_at $PROGRAM
	atf_check_equal 2 "$(mirage_value netif | wc -l | tr -d ' ')"
	mirage_value netif | head -1 | grep -q '^mirage7 .* address' || atf_fail "$(mirage_value netif)"
	mirage_done
}
two_cleanup() {
	mirage_cleanup
}

atf_test_case refused cleanup
refused_head() {
	atf_set descr "interfaces that are not there or not Ethernet, and malformed parameters"
	atf_set require.user root
}
refused_body() {
	mirage_load udp-echo
	mirage_write rtparams n=nope0
	fails 'nope0: no such interface'
	mirage_write rtparams n=lo0
	fails 'lo0: not an Ethernet interface'
	mirage_write rtparams n=mirage0+nope0
	fails 'nope0: no such interface'
	mirage_write rtparams n=mirage0:steal
	fails 'mirage0: all of it is the program'
	for bad in n= n=em0+ n=em0+em0 n=em0:stale m=01:00:00:00:00:00 m=00:00:00:00:00:00 m=02:00; do
		mirage_refused rtparams "$bad" 'Invalid argument'
	done
	mirage_write rtparams ''
	mirage_up
	mirage_start
	answers_at $PROGRAM
	mirage_done
}
refused_cleanup() {
	mirage_cleanup
}

atf_test_case addresses cleanup
addresses_head() {
	atf_set descr "MAC addresses are the same after each load, and differ"
	atf_set require.user root
}
# Of the host's side of an interface.
mac_of() {
	ifconfig "$1" | awk '$1 == "ether" { print $2 }'
}
addresses_body() {
	mirage_load udp-echo
	ifconfig mirage1 create >/dev/null
	zero=$(mac_of mirage0) one=$(mac_of mirage1)
	mirage_start
	mirage_becomes state running
	program=$(mirage_value netif | awk '{ print $3 }')
	[ -n "$zero" ] && [ "$zero" != "$one" ] && [ "$zero" != "$program" ] || atf_fail "$zero $one $program"
	mirage_unload
	mirage_load udp-echo
	ifconfig mirage1 create >/dev/null
	atf_check_equal "$zero $one" "$(mac_of mirage0) $(mac_of mirage1)"
	mirage_done
}
addresses_cleanup() {
	mirage_cleanup
}

atf_test_case jumbo cleanup
jumbo_head() {
	atf_set descr "frames of 9,000 bytes; longer ones are refused"
	atf_set require.user root
}
jumbo_body() {
	echoes=$(mirage_program udp-echoes) || exit
	mirage_load udp-echo
	atf_check ifconfig mirage0 mtu 9000
	atf_check -s ignore -o ignore -e ignore ifconfig mirage0 mtu 9001
	atf_check -o match:'mtu 9000' ifconfig mirage0
	mirage_up
	mirage_start
	answers_at $PROGRAM
	atf_check -o match:' answered 200 changed 0 twice 0 refused 0$' "$echoes" $PROGRAM 7 200 4 8972
	# A program that wants all bytes in one view has them copied.
	copies=$(mirage_value stats.copies)
	atf_check -o match:' 0(\.0)?% packet loss' ping -q -c 3 -s 8972 -t 5 $PROGRAM
	mirage_is stats.copies "$copies"
	mirage_done
}
jumbo_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case clone
	atf_add_test_case two
	atf_add_test_case refused
	atf_add_test_case addresses
	atf_add_test_case jumbo
}
