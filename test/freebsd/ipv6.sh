#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# examples/udp-echo over mirage0 by IPv6, with the host's own stack as its peer.

. "$(atf_get_srcdir)/mirage.subr"

HOST6=2001:db8::1
PROGRAM6=2001:db8::2

# mirage_load, IPv6 on mirage0 and in the program, and an answer.  Both ends
# look for duplicates of their addresses first.
answers6() {
	sysctl -n kern.features.inet6 >/dev/null 2>&1 || atf_skip "this kernel has no IPv6"
	ping6=$(command -v ping6) || atf_skip "there is no ping6(8)"
	mirage_load udp-echo
	mirage_up
	_why=$(ifconfig mirage0 inet6 $HOST6/64 -ifdisabled auto_linklocal up 2>&1) ||
		atf_fail "ifconfig mirage0 inet6: $_why"
	mirage_write ipv6 "$1"
	mirage_start
	sleep 3
	_left=10
	until "$ping6" -q -c 1 "$2" >/dev/null 2>&1; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] ||
			atf_fail "no answer from $2; state $(mirage_value state), error: $(mirage_value error)"
	done
}

atf_test_case address cleanup
address_head() {
	atf_set descr "kern.mirage.ipv6 an address: pings of many sizes, in fragments too"
	atf_set require.user root
}
address_body() {
	answers6 $PROGRAM6/64 $PROGRAM6
	for size in 8 1000 1452 1453 8000; do
		atf_check -o match:' 0(\.0)?% packet loss' "$ping6" -q -c 5 -i 0.1 -s $size $PROGRAM6
	done
	atf_check -o match:"$PROGRAM6" ndp -an
	mirage_is stats.copies 0
	mirage_done
}
address_cleanup() {
	mirage_cleanup
}

atf_test_case all_nodes cleanup
all_nodes_head() {
	atf_set descr "kern.mirage.ipv6=auto: the program is heard at all nodes, by a link-local address"
	atf_set require.user root
}
all_nodes_body() {
	answers6 auto ff02::1%mirage0
	own=$(ifconfig mirage0 | awk '$1 == "inet6" && /fe80/ { print $2 }')
	_left=50
	until "$ping6" -c 3 -i 0.2 ff02::1%mirage0 >pinged 2>&1; grep -F 'from fe80' pinged | grep -qvF "$own"; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "only the host answers: $(cat pinged)"
		sleep 0.2
	done
	mirage_done
}
all_nodes_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case address
	atf_add_test_case all_nodes
}
