#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Checksums that one side leaves to the other.

. "$(atf_get_srcdir)/mirage.subr"

# Bad checksums that a network stack has seen: bad [jexec NAME]
bad() {
	{
		"$@" netstat -s -p udp
		"$@" netstat -s -p tcp
		"$@" netstat -s -p ip
	} 2>/dev/null | awk '/bad checksum|bad header checksum|bad checksums/ { sum += $1 } END { print sum + 0 }'
}

atf_test_case host cleanup
host_head() {
	atf_set descr "UDP between host and program, with each setting of txcsum and rxcsum"
	atf_set require.user root
}
host_body() {
	echoes=$(mirage_program udp-echoes) || exit
	mirage_load udp-echo
	mirage_up
	before=$(bad)
	for setting in 'txcsum -rxcsum' '-txcsum -rxcsum' 'txcsum rxcsum' '-txcsum rxcsum'; do
		atf_check ifconfig mirage0 $setting
		mirage_start
		until ping -q -c 1 -t 1 $PROGRAM >/dev/null; do :; done
		atf_check -o match:' answered 1000 changed 0 twice 0 refused 0$' "$echoes" $PROGRAM 7 1000 8 1472
		# While it runs, too.
		atf_check ifconfig mirage0 -rxcsum
		atf_check -o match:' answered 100 changed 0 twice 0 refused 0$' "$echoes" $PROGRAM 7 100 8 1472
		mirage_is stats.copies 0
		mirage_stop
	done
	atf_check_equal "$before" "$(bad)"
	mirage_done
}
host_cleanup() {
	mirage_cleanup
}

atf_test_case forwarded cleanup
forwarded_head() {
	atf_set descr "what the host left out is there when the program sends a frame on"
	atf_set require.user root
	atf_set require.progs nc
}
# The host's mirage0, the program, and mirage1 in a jail.
forwarded_body() {
	[ "$(sysctl -n kern.features.vimage 2>/dev/null)" = 1 ] || atf_skip "the kernel has no VIMAGE"
	mirage_load cable
	atf_check -o ignore jail -c name=mirage_far vnet persist
	atf_check -o ignore -e ignore ifconfig mirage1 create
	atf_check ifconfig mirage1 vnet mirage_far
	# Both before the start: what one says when it comes up could not go out by the other.
	atf_check jexec mirage_far ifconfig mirage1 $PROGRAM/24 up
	atf_check ifconfig mirage0 $HOST/24 up
	# The far end believes nobody.
	mirage_write rtparams n=mirage0+mirage1
	mirage_start
	mirage_becomes state running
	atf_check -o ignore ping -q -c 1 -t 10 $PROGRAM
	dd if=/dev/random of=data bs=1000 count=300 2>/dev/null
	for setting in txcsum -txcsum; do
		atf_check ifconfig mirage0 $setting
		atf_check jexec mirage_far ifconfig mirage1 $setting
		before=$(bad) far=$(bad jexec mirage_far)
		jexec mirage_far nc -l 5000 >tcp </dev/null &
		sleep 1
		nc -N -w 5 $PROGRAM 5000 <data || nc -w 5 $PROGRAM 5000 <data
		wait
		cmp data tcp || atf_fail "TCP with $setting: not what was sent"
		jexec mirage_far nc -u -l 5001 >udp </dev/null &
		listener=$!
		sleep 1
		echo "some text" | nc -u -w 1 $PROGRAM 5001
		sleep 1
		kill $listener 2>/dev/null
		wait
		atf_check -o inline:'some text\n' cat udp
		atf_check_equal "$before $far" "$(bad) $(bad jexec mirage_far)"
	done
	mirage_is stats.drop_transmit_error 0
	sysctl kern.mirage.stats
	mirage_done
}
forwarded_cleanup() {
	mirage_cleanup
	jail -r mirage_far 2>/dev/null
	:
}

atf_init_test_cases() {
	atf_add_test_case host
	atf_add_test_case forwarded
}
