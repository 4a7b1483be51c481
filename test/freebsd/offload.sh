#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Packets of many segments: TSO and LRO of mirageN, with the host's own TCP at both ends and a program of frame code
# between them that hands on what it gets.

. "$(atf_get_srcdir)/mirage.subr"

far() {
	jexec mirage_far "$@"
}

# sends N: the data, from the host to the jail (-), or the other way (far).
sends() {
	case $1 in
	far)
		nc -l 5000 >received </dev/null &
		sleep 1
		far nc -N -w 5 $HOST 5000 <data || far nc -w 5 $HOST 5000 <data
		;;
	*)
		far nc -l 5000 >received </dev/null &
		sleep 1
		nc -N -w 5 $PROGRAM 5000 <data || nc -w 5 $PROGRAM 5000 <data
		;;
	esac
	wait
	cmp data received || atf_fail "$1: not what was sent"
}

# counts LEAF: how much it has grown since it was asked last.
counts() {
	_now=$(mirage_value "stats.$1")
	_then=$(cat "was.$1" 2>/dev/null || echo 0)
	echo "$_now" >"was.$1"
	echo $((_now - _then))
}

# grows yes|no LEAF WHEN
grows() {
	_by=$(counts "$2")
	case $1 in
	yes) [ "$_by" -gt 0 ] || atf_fail "$3: $2 stays" ;;
	*) [ "$_by" -eq 0 ] || atf_fail "$3: $2 grows by $_by" ;;
	esac
}

# setting NAME MERGED SEGMENTED CUT: what the counters say after a transfer.
transfers() {
	for way in - far; do
		sends $way
		grows "$2" frames_in_merged "$1 $way"
		grows "$3" frames_out_segmented "$1 $way"
		grows "$4" frames_cut "$1 $way"
	done
}

# ifconfig both interfaces.
both() {
	atf_check ifconfig mirage0 "$@"
	atf_check jexec mirage_far ifconfig mirage1 "$@"
}

atf_test_case tcp cleanup
tcp_head() {
	atf_set descr "the host's TCP is not cut between two mirageN, and is where it must be"
	atf_set require.user root
	atf_set require.progs nc
}
tcp_body() {
	[ "$(sysctl -n kern.features.vimage 2>/dev/null)" = 1 ] || atf_skip "the kernel has no VIMAGE"
	mirage_load frame-cable
	atf_check -o ignore jail -c name=mirage_far vnet persist
	atf_check -o ignore -e ignore ifconfig mirage1 create
	atf_check ifconfig mirage1 vnet mirage_far
	far sysctl net.inet.tcp.blackhole=0 >/dev/null 2>&1
	atf_check jexec mirage_far ifconfig mirage1 $PROGRAM/24 up
	atf_check ifconfig mirage0 $HOST/24 up
	atf_check -o match:'TSO4.*LRO' ifconfig mirage0
	mirage_write rtparams n=mirage0+mirage1
	mirage_start
	mirage_waits
	dd if=/dev/random of=data bs=100000 count=50 2>/dev/null
	transfers "as it is" yes yes no
	mirage_is stats.copies 0
	both -lro
	transfers "without LRO" yes no yes
	both lro
	mirage_set net.inet.ip.forwarding 1
	far sysctl net.inet.ip.forwarding=1 >/dev/null
	transfers "while both route" yes no yes
	sysctl net.inet.ip.forwarding=0 >/dev/null
	far sysctl net.inet.ip.forwarding=0 >/dev/null
	both -txcsum
	transfers "without TXCSUM" no no no
	both txcsum
	both -tso
	transfers "without TSO" no no no
	both tso
	transfers "as it was" yes yes no
	mirage_is stats.drop_oversize 0
	mirage_is stats.drop_transmit_error 0
	mirage_is stats.frames_live 0
	sysctl kern.mirage.stats
	mirage_done
}
tcp_cleanup() {
	mirage_cleanup
	jail -r mirage_far 2>/dev/null
	:
}

atf_test_case flow cleanup
flow_head() {
	atf_set descr "the program's own TCP gets and sends long frames, and its host's settings hold"
	atf_set require.user root
	atf_set require.progs nc
}
flow_body() {
	mirage_answers tcp-echo
	# As much as fits into the buffers on the way there and back: nc does not read while it cannot write.
	dd if=/dev/random of=data bs=100000 count=1 2>/dev/null
	for setting in lro -lro lro -tso tso -txcsum "txcsum tso"; do
		atf_check ifconfig mirage0 $setting
		for _n in 1 2 3; do
			nc -N -w 10 $PROGRAM 7 <data >echo || nc -w 10 $PROGRAM 7 <data >echo
			cmp data echo || atf_fail "with $setting: not what was sent"
		done
		merged=$(counts frames_in_merged) segmented=$(counts frames_out_segmented) cut=$(counts frames_cut)
		echo "$setting: merged $merged, segmented $segmented, cut $cut"
		case $setting in
		-lro) [ "$segmented" = 0 ] || atf_fail "$setting: $segmented long frames sent" ;;
		-tso | -txcsum) [ "$merged" = 0 ] || atf_fail "$setting: $merged long frames came" ;;
		*)
			[ "$merged" -gt 0 ] || atf_fail "$setting: no long frame came"
			[ "$segmented" -gt 0 ] || atf_fail "$setting: no long frame sent"
			;;
		esac
	done
	mirage_done
}
flow_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case flow
	atf_add_test_case tcp
}
