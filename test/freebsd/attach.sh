#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Attaching to an interface of the host's: one end of an epair(4), with the
# other in a jail that has a network stack of its own.

. "$(atf_get_srcdir)/mirage.subr"

NEAR=10.9.0.1
FAR=10.9.0.3
TARGET=10.9.0.2

# packets of the flood
packets=$(atf_config_get packets 10000)

# An epair: $near of the host, $far in the jail.
pair() {
	[ "$(sysctl -n kern.features.vimage 2>/dev/null)" = 1 ] || atf_skip "the kernel has no VIMAGE"
	kldload -n if_epair 2>/dev/null || kldstat -q -m if_epair || atf_skip "there is no if_epair"
	near=$(ifconfig epair create) || atf_skip "no epair can be made"
	far=${near%a}b
	echo "$near" >near
	atf_check -o ignore jail -c name=mirage_far vnet persist
	atf_check ifconfig "$far" vnet mirage_far
	atf_check ifconfig "$near" $NEAR/24 up
	atf_check jexec mirage_far ifconfig "$far" $FAR/24 up
}

unpair() {
	mirage_cleanup
	ifconfig mirage0.5 destroy 2>/dev/null
	# A jail that goes with a vlan(4) in it, and ng_ether(4) loaded, is too much for 12.1.
	for one in $(jexec mirage_far ifconfig -l 2>/dev/null); do
		case $one in
		*.*) jexec mirage_far ifconfig "$one" destroy ;;
		esac
	done
	[ -f near ] && ifconfig "$(cat near)" destroy 2>/dev/null
	jail -r mirage_far 2>/dev/null
	jail -r mirage_other 2>/dev/null
	:
}

attached() {
	pair
	mirage_load "$1"
	mirage_write ipv4 $TARGET/24
	mirage_write rtparams "n=$near$2"
	mirage_start
	mirage_becomes state running
	to=$TARGET pings jexec mirage_far
}

# Five answers of five, after a first one: a program that was just started is still to come, and so is ARP.
pings() {
	_left=50
	until "$@" ping -q -c 1 -t 1 "$to" >/dev/null 2>&1; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "no answer from $to; $(mirage_value netif 2>&1)"
	done
	atf_check -o match:' 0(\.0)?% packet loss' "$@" ping -q -c 5 -i 0.1 -t 10 "$to"
}

atf_test_case both cleanup
both_head() {
	atf_set descr "program, host and peer reach each other; a flood loses nothing and copies nothing"
	atf_set require.user root
}
both_body() {
	echoes=$(mirage_program udp-echoes) || exit
	attached udp-echo
	to=$TARGET pings
	to=$NEAR pings jexec mirage_far
	to=$FAR pings
	atf_check -o match:' answered 1000 changed 0 twice 0 refused 0$' jexec mirage_far "$echoes" $TARGET 7 1000 8 1472
	atf_check -o match:' answered 1000 changed 0 twice 0 refused 0$' "$echoes" $TARGET 7 1000 8 1472
	ping -q -i 0.01 -c 300 $FAR >host &
	jexec mirage_far ping -q -f -c "$packets" $TARGET >flood
	wait
	cat flood
	atf_check -o match:' 0(\.0)?% packet loss' cat host
	atf_check -o match:' (0|0\.[0-9]*)% packet loss' cat flood
	[ "$(mirage_value stats.frames_out)" -ge $((packets + 2000)) ] || sysctl kern.mirage.stats
	mirage_is stats.copies 0
	atf_check -o match:PROMISC ifconfig "$near"
	mirage_stop
	atf_check -o not-match:PROMISC ifconfig "$near"
	to=$FAR pings
	atf_check -s not-exit:0 -o ignore ping -q -c 1 -t 1 $TARGET
	mirage_start
	to=$TARGET pings
	mirage_done
	to=$FAR pings
}
both_cleanup() {
	unpair
}

atf_test_case steal cleanup
steal_head() {
	atf_set descr "steal: all is the program's, and the host's is counted"
	atf_set require.user root
}
steal_body() {
	attached udp-echo :steal
	atf_check -o match:' steal address' mirage_value netif
	atf_check -s not-exit:0 -o ignore -e ignore ping -q -c 2 -t 2 $FAR
	atf_check -s not-exit:0 -o ignore -e ignore jexec mirage_far ping -q -c 2 -t 2 $NEAR
	[ "$(mirage_value stolen)" -gt 0 ] || atf_fail "nothing was counted"
	mirage_stop
	to=$FAR pings
	mirage_done
}
steal_cleanup() {
	unpair
}

atf_test_case in_use cleanup
in_use_head() {
	atf_set descr "hooks that somebody has, and a node that somebody shuts down"
	atf_set require.user root
	atf_set require.progs ngctl
}
in_use_body() {
	attached udp-echo ''
	atf_check -o match:'Type: mirage ' ngctl list
	atf_check ngctl shutdown "mirage_$near:"
	mirage_is state running
	case $(mirage_value netif) in
	*' gone '*) ;;
	*) atf_fail "$(mirage_value netif)" ;;
	esac
	mirage_stop
	atf_check ngctl mkpeer "$near:" hole lower x
	mirage_start
	mirage_becomes state failed
	case $(mirage_value error) in
	*"$near: its netgraph hooks are in use"*) ;;
	*) atf_fail "$(mirage_value error)" ;;
	esac
	atf_check ngctl rmhook "$near:" lower
	mirage_start
	to=$TARGET pings
	# The program's own MAC address cannot be the host's.
	mirage_stop
	mirage_write rtparams "n=$near,m=$(ifconfig "$near" | awk '$1 == "ether" { print $2 }')"
	mirage_start
	mirage_becomes state failed
	mirage_done
}
in_use_cleanup() {
	unpair
}

atf_test_case leaves cleanup
leaves_head() {
	atf_set descr "it is renamed, moved to a jail, destroyed under traffic"
	atf_set require.user root
}
# goes COMMAND...: the interface goes, the program does not.
goes() {
	jexec mirage_far ping -q -i 0.001 -c 3000 $TARGET >/dev/null 2>&1 &
	sleep 1
	atf_check -o ignore "$@"
	_left=50
	until mirage_value netif | grep -q ' gone '; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "$(mirage_value netif)"
		sleep 0.1
	done
	wait
	mirage_is state running
	mirage_stop
	mirage_start
	mirage_becomes state failed
	case $(mirage_value error) in
	*": no such interface"*) ;;
	*) atf_fail "$(mirage_value error)" ;;
	esac
}
leaves_body() {
	attached udp-echo ''
	atf_check -o ignore ifconfig "$near" name mirror0
	atf_check -o match:'^mirror0 .* up ' mirage_value netif
	to=$TARGET pings
	atf_check -o ignore ifconfig mirror0 name "$near"
	atf_check -o ignore jail -c name=mirage_other vnet persist
	goes ifconfig "$near" vnet mirage_other
	atf_check -o not-match:PROMISC jexec mirage_other ifconfig "$near"
	atf_check ifconfig "$near" -vnet mirage_other
	atf_check ifconfig "$near" $NEAR/24 up
	mirage_start
	to=$TARGET pings jexec mirage_far
	goes ifconfig "$near" destroy
	mirage_done
}
leaves_cleanup() {
	unpair
}

atf_test_case state cleanup
state_head() {
	atf_set descr "down, MTU changed while a program runs"
	atf_set require.user root
}
state_body() {
	attached udp-echo ''
	atf_check ifconfig "$near" down
	atf_check -o match:' down ' mirage_value netif
	atf_check ifconfig "$near" up
	to=$TARGET pings jexec mirage_far
	# The program was told 1500.
	ifconfig "$near" mtu 4000
	jexec mirage_far ifconfig "$far" mtu 4000
	jexec mirage_far ping -q -c 3 -t 3 -s 2000 $TARGET >/dev/null
	mirage_is stats.drop_oversize 3
	to=$TARGET pings jexec mirage_far
	mirage_stop
	mirage_start
	to=$TARGET pings jexec mirage_far
	atf_check -o match:' 0(\.0)?% packet loss' jexec mirage_far ping -q -c 3 -t 5 -s 2000 $TARGET
	jexec mirage_far ifconfig "$far" mtu 1500
	ifconfig "$near" mtu 1500
	errors=$(mirage_value stats.drop_transmit_error)
	jexec mirage_far ping -q -c 3 -t 3 -s 2000 $TARGET >/dev/null
	to=$TARGET pings jexec mirage_far
	mirage_done
}
state_cleanup() {
	unpair
}

atf_test_case vlan cleanup
vlan_head() {
	atf_set descr "VLAN tags, with frames of full size, through the program between wire and mirage0"
	atf_set require.user root
}
vlan_body() {
	pair
	kldload -n if_vlan 2>/dev/null
	mirage_load cable
	# All of it: what is for mirage0's address is not the program's own.
	mirage_write rtparams "n=$near:steal+mirage0"
	mirage_start
	mirage_becomes state running
	atf_check ifconfig mirage0 up
	for ours in "ifconfig mirage0.5:10.8.5.1" "jexec mirage_far ifconfig $far.5:10.8.5.2"; do
		command=${ours%%:*} address=${ours#*:}
		atf_check -o ignore $command create
		atf_check $command "$address/24" up
	done
	to=10.8.5.2 pings
	atf_check -o match:' 0(\.0)?% packet loss' ping -q -c 3 -s 1472 -t 5 10.8.5.2
	# Without a tag, too, and the host keeps its own.
	atf_check ifconfig mirage0 10.7.0.1/24
	atf_check jexec mirage_far ifconfig "$far" 10.7.0.2/24 alias
	to=10.7.0.2 pings
	atf_check ifconfig mirage0.5 destroy
	mirage_stop
	# The host's own, while a program is attached.
	mirage_write rtparams "n=$near"
	atf_check -o ignore ifconfig "$near.6" create
	atf_check ifconfig "$near.6" 10.8.6.1/24 up
	atf_check -o ignore jexec mirage_far ifconfig "$far.6" create
	atf_check jexec mirage_far ifconfig "$far.6" 10.8.6.2/24 up
	mirage_unload
	mirage_load udp-echo
	mirage_write rtparams "n=$near"
	mirage_start
	mirage_becomes state running
	to=10.8.6.2 pings
	atf_check -o match:' 0(\.0)?% packet loss' ping -q -c 3 -s 1472 -t 5 10.8.6.2
	mirage_done
}
vlan_cleanup() {
	unpair
}

atf_test_case restarts cleanup
restarts_head() {
	atf_set descr "started and stopped again and again under traffic"
	atf_set require.user root
}
restarts_body() {
	attached udp-echo ''
	(while :; do jexec mirage_far ping -q -f -c 1000 $TARGET; done) >/dev/null 2>&1 &
	noise=$!
	round=0
	while [ $round -lt 50 ]; do
		mirage_stop
		mirage_start
		round=$((round + 1))
	done
	kill $noise
	wait $noise
	to=$TARGET pings
	mirage_done
}
restarts_cleanup() {
	unpair
}

atf_init_test_cases() {
	atf_add_test_case both
	atf_add_test_case steal
	atf_add_test_case in_use
	atf_add_test_case leaves
	atf_add_test_case state
	atf_add_test_case vlan
	atf_add_test_case restarts
}
