#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# examples/udp-echo and examples/reflector over mirage0.

. "$(atf_get_srcdir)/mirage.subr"

# How many packets each flood has.
packets=$(atf_config_get packets 10000)

# Nothing that was asked is unaccounted for: what the host sent and has no
# answer to was dropped in one of the places that count.
drops() {
	_sum=0
	for _leaf in drop_truncated drop_runt drop_oversize drop_queue_full drop_no_buffers \
	    drop_unclaimed drop_frames_limit drop_transmit_full drop_transmit_error; do
		_sum=$((_sum + $(mirage_value stats.$_leaf)))
	done
	echo $_sum
}

# Replies to pings that the host's ICMP took, since it was booted.
echo_replies() {
	netstat -s -p icmp | awk '/Input histogram/ { in_ = 1 } in_ && /echo reply:/ { n = $NF } END { print n + 0 }'
}

# flood NAME: ping -f.  ping(8) ends at the second answer after its last
# question, and calls lost what is on its way then; the host's own counter of
# replies says what came.
flood() {
	mirage_answers "$1"
	before=$(drops)
	replied=$(echo_replies)
	ping -q -f -c "$packets" -s 56 $PROGRAM >pinged 2>&1
	cat pinged
	# A program in the interpreter may be seconds behind.
	_seconds=0
	while :; do
		sleep 1
		dropped=$(($(drops) - before))
		came=$(($(echo_replies) - replied))
		_seconds=$((_seconds + 1))
		[ $((came + dropped)) -lt "$packets" ] && [ $_seconds -lt 60 ] || break
	done
	echo "$came replies came to the host, $dropped frames were dropped"
	if [ $came -lt $((packets - dropped)) ]; then
		sysctl kern.mirage.stats
		mirage_losses
		atf_fail "$came replies to $packets pings, and $dropped drops counted"
	fi
	mirage_is stats.copies 0
	mirage_done
}

atf_test_case ping cleanup
ping_head() {
	atf_set descr "udp-echo: ping -f"
	atf_set require.user root
}
ping_body() {
	flood udp-echo
}
ping_cleanup() {
	mirage_cleanup
}

atf_test_case reflector cleanup
reflector_head() {
	atf_set descr "reflector: ping -f"
	atf_set require.user root
}
reflector_body() {
	flood reflector
}
reflector_cleanup() {
	mirage_cleanup
}

atf_test_case sizes cleanup
sizes_head() {
	atf_set descr "udp-echo: pings of many sizes, up to the MTU"
	atf_set require.user root
}
sizes_body() {
	mirage_load udp-echo
	for mtu in 1500 9000; do
		atf_check ifconfig mirage0 mtu $mtu
		mirage_up
		mirage_start
		mirage_waits
		for size in 0 1 8 55 100 101 1000 1472 1473 2000 4000 4400 8972; do
			[ $size -le $((mtu - 28)) ] || continue
			atf_check -o ignore ping -q -c 3 -i 0.1 -t 10 -s $size $PROGRAM
			[ "$(mirage_value stats.copies)" = 0 ] || echo "mtu $mtu size $size: $(mirage_value stats.copies) copies"
		done
		mirage_is stats.copies 0
		mirage_stop
	done
	mirage_done
}
sizes_cleanup() {
	mirage_cleanup
}

atf_test_case udp cleanup
udp_head() {
	atf_set descr "udp-echo: datagrams of all sizes come back unchanged"
	atf_set require.user root
}
udp_body() {
	echoes=$(mirage_program udp-echoes) || exit
	mirage_answers udp-echo
	atf_check -o match:"^sent $packets answered $packets changed 0 twice 0 refused 0$" \
		"$echoes" $PROGRAM 7 "$packets" 16 1472
	mirage_is stats.copies 0
	mirage_is stats.drop_queue_full 0
	mirage_done
}
udp_cleanup() {
	mirage_cleanup
}

atf_test_case many_senders cleanup
many_senders_head() {
	atf_set descr "udp-echo: four senders at once, each gets its own"
	atf_set require.user root
}
many_senders_body() {
	echoes=$(mirage_program udp-echoes) || exit
	mirage_answers udp-echo
	# An emulator may leave one of them without a CPU for seconds.
	for one in 1 2 3 4; do
		"$echoes" $PROGRAM 7 $((packets / 10)) 8 1472 60 >sender.$one &
	done
	wait
	for one in 1 2 3 4; do
		atf_check -o match:" answered $((packets / 10)) changed 0 twice 0 refused 0$" cat sender.$one
	done
	mirage_is stats.copies 0
	mirage_done
}
many_senders_cleanup() {
	mirage_cleanup
}

atf_test_case overload cleanup
overload_head() {
	atf_set descr "udp-echo: more than it can take is dropped and counted, and it goes on"
	atf_set require.user root
}
overload_body() {
	echoes=$(mirage_program udp-echoes) || exit
	mirage_answers udp-echo
	for one in 1 2 3; do
		"$echoes" $PROGRAM 7 "$packets" 0 64 >sender.$one &
	done
	wait
	# Each was taken or counted, but for those that the host itself did not send.
	sleep 2
	taken=$(($(mirage_value stats.frames_in) + $(drops)))
	[ "$taken" -ge $((packets * 3)) ] || atf_fail "of $((packets * 3)) datagrams $taken were taken or counted as dropped"
	# Nobody heeded the answers; the service is as good as before.
	atf_check -o match:' answered 100 changed 0' "$echoes" $PROGRAM 7 100 4 512
	mirage_is state running
	mirage_done
}
overload_cleanup() {
	mirage_cleanup
}

atf_test_case stop_and_start cleanup
stop_and_start_head() {
	atf_set descr "udp-echo: stopped, it answers nothing; started again, it does"
	atf_set require.user root
}
stop_and_start_body() {
	mirage_answers udp-echo
	mirage_refused run 1 'busy'
	mirage_stop
	mirage_is state idle
	atf_check -s not-exit:0 -o ignore -e ignore ping -q -c 1 -t 1 $PROGRAM
	mirage_start
	mirage_waits
	atf_check -o ignore ping -q -c 3 -i 0.1 -t 10 $PROGRAM
	mirage_done
}
stop_and_start_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case stop_and_start
	atf_add_test_case sizes
	atf_add_test_case ping
	atf_add_test_case reflector
	atf_add_test_case udp
	atf_add_test_case many_senders
	atf_add_test_case overload
}
