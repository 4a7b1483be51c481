#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# TCP over bad links: the host's own network stack on one tap(4), the program on another one (attached to it; cases
# that begin with mirage0: through a bridge and mirage0), and between the two guest/bad-link.c, which loses, doubles,
# changes, cuts and delays frames.  tcp-echo, so that data go both ways, and every byte is compared.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/streams.subr"

HOST=10.9.0.1
PROGRAM=10.9.0.2
HOST6=fd09:0:0:0:0:0:0:1
PROGRAM6=fd09:0:0:0:0:0:0:2

seed=$(atf_config_get link_seed 1)
# How long the streams are, see below.
times=$(atf_config_get link_times 1)

tap() {
	ifconfig tap create 2>/dev/null || {
		kldload -n if_tap 2>/dev/null || kldload -n if_tuntap 2>/dev/null
		ifconfig tap create
	} || atf_skip "no tap(4) can be made"
}

# link MTU THERE [BACK]: from here on bad-link has both devices.  THERE is from the host to the program.
link() {
	_link=$(mirage_program bad-link) || exit
	mtu=$1
	shift
	# In the order of their cleanup.
	far=$(tap) || exit
	echo "$far" >made
	near=$(tap) || exit
	echo "$near" >>made
	mkfifo running
	"$_link" "$seed" "/dev/$near" "/dev/$far" "$@" <running >carried &
	carrier=$!
	exec 9>running
	atf_check ifconfig "$far" mtu "$mtu" up
	atf_check ifconfig "$near" mtu "$mtu" up
}

# The program is at the far end of the link.
on_attached() {
	mirage_load tcp-echo
	mirage_write rtparams "n=$far:steal"
}

on_mirage0() {
	kldload -n if_bridge 2>/dev/null
	mirage_load tcp-echo
	atf_check ifconfig mirage0 mtu "$mtu" up
	bridge=$(ifconfig bridge create) || atf_skip "there is no if_bridge"
	echo "$bridge" >>made
	atf_check ifconfig "$bridge" addm mirage0 addm "$far" up
}

# Ended: the program holds nothing, and each of these things happened to frames, one way at least.
over() {
	exec 9>&-
	wait $carrier || atf_fail "bad-link: $(cat carried)"
	cat carried
	mirage_value stats.defined | grep -E '^tcp\.(retrans|.*time-?out|.*checksum)' | grep -v ' 0$'
	for _word; do
		grep -Eq " $_word [1-9]" carried || atf_fail "nothing of what was sent is '$_word'"
	done
	mirage_is state running
	mirage_is error ''
	mirage_done
}

# streams WHERE VERSION MTU FLOWS KILOBYTES FATES THERE [BACK]
streams() {
	where=$1 version=$2 mtu=$3 flows=$4 bytes=$(($5 * 1000)) fates=$6
	shift 6
	[ "$flows" -gt 1 ] || bytes=$((bytes * times))
	link "$mtu" "$@"
	"on_$where"
	mirage_write ipv4 $PROGRAM/24
	target=$PROGRAM
	atf_check ifconfig "$near" $HOST/24
	if [ "$version" = 6 ]; then
		inet6 "$near" $HOST6
		mirage_write ipv6 $PROGRAM6/64
		target=$PROGRAM6
	fi
	mirage_start
	mirage_waits $target
	load echo $target 7 "$flows" "$bytes"
	over $(echo "$fates" | tr , ' ')
}

untangle() {
	exec 9>&-
	mirage_cleanup
	sed '1!G;h;$!d' made 2>/dev/null | while read -r _one; do
		ifconfig "$_one" destroy
	done
}

# case_of NAME DESCRIPTION WORDS...: of streams; on an attached interface, and on mirage0.
case_of() {
	name=$1 text=$2
	shift 2
	for _where in attached mirage0; do
		_case=${_where}_$name
		atf_test_case "$_case" cleanup
		eval "${_case}_head() { atf_set descr '$text'; atf_set require.user root; atf_set timeout 900; }
			${_case}_body() { streams $_where $*; }
			${_case}_cleanup() { untangle; }"
		cases="$cases $_case"
	done
}
cases=

# IP's version, MTU, connections, kilobytes on each (of what takes some seconds), what has to happen, and what is done to
# frames, as bad-link has it: on the way to the program, and back.
case_of clean "nothing wrong" 4 1500 1 4000 frames none
case_of loss_1 "1 % lost" 4 1500 1 4000 lost loss=10
case_of loss_3 "3 % lost" 4 1500 1 2000 lost loss=30
case_of loss_10 "10 % lost" 4 1500 1 250 lost loss=100
case_of loss_20 "20 % lost" 4 1500 1 50 lost loss=200
case_of loss_30 "30 % lost" 4 1500 1 50 lost loss=300
case_of loss_there "10 % lost on the way to the program" 4 1500 1 500 lost loss=100 none
case_of loss_back "30 % lost on the way from the program" 4 1500 1 100 lost none loss=300
case_of reordered_10 "10 % overtaken" 4 1500 1 2000 late reorder=100
case_of reordered_50 "50 % overtaken" 4 1500 1 2000 late reorder=500
case_of doubled "30 % twice" 4 1500 1 4000 twice duplicate=300
case_of changed_5 "a byte changed in 5 %" 4 1500 1 1000 changed corrupt=50
case_of changed_20 "a byte changed in 20 %" 4 1500 1 50 changed corrupt=200
case_of cut "5 % cut short" 4 1500 1 1000 cut truncate=50
case_of everything "all of it" 4 1500 1 250 lost,twice,changed,cut,late \
	loss=20,reorder=100,duplicate=50,corrupt=20,truncate=20
case_of far "20 ms each way, and 1 % lost" 4 1500 1 1000 lost delay=20,loss=10
case_of outages "silent for a second, again and again" 4 1500 1 2000 outage outage=500:1000
case_of outages_back "silent for a second on the way from the program" 4 1500 1 2000 outage none outage=500:1000
case_of mtu_576 "MTU 576, 1 % lost" 4 576 1 2000 lost loss=10
case_of mtu_1280 "MTU 1280, 1 % lost" 4 1280 1 4000 lost loss=10
case_of mtu_9000 "MTU 9000, 1 % lost" 4 9000 1 4000 lost loss=10
case_of ipv6 "IPv6, 3 % lost" 6 1500 1 2000 lost loss=30
case_of ipv6_everything "IPv6, all of it" 6 1500 1 250 lost,twice,changed,cut,late \
	loss=20,reorder=100,duplicate=50,corrupt=20,truncate=20
case_of ipv6_mtu_1280 "IPv6, MTU 1280, 1 % lost" 6 1280 1 4000 lost loss=10
case_of ipv6_mtu_9000 "IPv6, MTU 9000, 1 % lost" 6 9000 1 4000 lost loss=10
case_of many "1,000 connections, 3 % lost" 4 1500 1000 1 lost loss=30

atf_init_test_cases() {
	for one in $cases; do
		atf_add_test_case "$one"
	done
}
