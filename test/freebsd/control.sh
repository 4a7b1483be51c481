#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# kern.mirage: what it shows, who may write what, and the ends of a program.

. "$(atf_get_srcdir)/mirage.subr"

# case NAME DESCRIPTION: NAME_body follows.
cases=
case_of() {
	cases="$cases $1"
	eval "
	atf_test_case $1 cleanup
	$1_head() {
		atf_set descr '$2'
		atf_set require.user root
	}
	$1_cleanup() {
		mirage_cleanup
		for _name in rtparams ipv4 gateway args autostart; do
			kenv -q -u kern.mirage.\$_name >/dev/null 2>&1
		done
		:
	}"
}

# says PATTERN: the message buffer has such a new line.
says() {
	mirage_messages >said
	atf_check -o match:"$1" cat said
}

# Runs for ever, without a pause.
spins() {
	mirage_load talker
	mirage_write rtparams i=1G
	mirage_write args spin
	mirage_start
}

case_of netstat "what the program does on its networks, and that none runs"
netstat_body() {
	mirage_load udp-echo
	mirage_is netstat 'No program runs: see kern.mirage.state.'
	mirage_up
	mirage_start
	mirage_waits
	mirage_value netstat >text
	for line in "  0 mirage0 .*:" "10\.0\.0\.2/24 .* netif0" "udp .* \*:7 .* \*:\*" "10\.0\.0\.1 .* netif0 .* reachable" \
		'icmp.echoes .* [1-9]'; do
		atf_check -o match:"^$line" cat text
	done
	# It is for people: not among what sysctl -a shows.
	sysctl kern.mirage >all
	atf_check -s exit:1 -o ignore grep 'kern.mirage.netstat' all
	# Many at once, and while it stops.
	for n in 1 2 3 4 5 6 7 8; do
		mirage_value netstat >text.$n &
	done
	mirage_stop
	wait
	mirage_is netstat 'No program runs: see kern.mirage.state.'
	mirage_done
}

case_of tree "each leaf is there and says what it is"
tree_body() {
	mirage_load hello
	sysctl -d kern.mirage >described
	atf_check -s exit:1 grep -E ':[[:space:]]*$' described
	for leaf in run rtparams ipv4 gateway args autostart state error program version osreldate uptime netif \
		mem.used mem.peak mem.limit stats.turns stats.frames_in stats.bytes_in stats.frames_out stats.bytes_out \
		stats.copies stats.drop_queue_full stats.timers stats.wakeups stats.instructions stats.defined; do
		atf_check -o match:"^kern\.mirage\.$leaf: ." cat described
	done
	atf_check -o match:'^hello [0-9a-f]+$' sysctl -n kern.mirage.program
	atf_check_equal '' "$(mirage_value netif)"
	# An address, though the kernel was given none to announce.
	ifconfig mirage0 >shown
	atf_check -o match:'ether 0?[0-9a-f][26ae]:' cat shown
	atf_check -s exit:1 grep -E 'hwaddr|00:00:00:00:00:00' shown
	atf_check -o match:'rtparams' sysctl -NT kern.mirage
	mirage_done
}

case_of refused "a bad value is EINVAL, the old one stays, and the message buffer says why"
refused_body() {
	mirage_load hello
	mirage_write rtparams i=1M
	mirage_refused rtparams i=1Q 'Invalid argument'
	says 'kern.mirage.rtparams: rtparams "i=1Q": position 3: expected'
	for bad in i i= =1 i=-1 i=1,, ,i=1 z=1 i=1M,z=2 i=99999999999999999999 s=1 i=1M%s "$(printf '%0256d' 0)"; do
		mirage_refused rtparams "$bad" 'Invalid argument'
	done
	sleep 1
	mirage_refused ipv4 10.0.0.2/33 'Invalid argument'
	says 'kern.mirage.ipv4: "10.0.0.2/33" is not an address with its prefix'
	for bad in 10.0.0.2 10.0.0/8 10.0.0.256/8 /24 10.0.0.2/24x 10.0.0.2/0 10.0.0.255/24 224.0.0.1/24; do
		mirage_refused ipv4 "$bad" 'Invalid argument'
	done
	sleep 1
	mirage_refused gateway 10.0.0.1/24 'Invalid argument'
	says 'kern.mirage.gateway: "10.0.0.1/24" is not an address'
	mirage_refused run 2 'Invalid argument'
	says 'kern.mirage.run: 1 starts the program, 0 stops it'
	mirage_refused run -1 'Invalid argument'
	mirage_write ipv4 ''
	mirage_write gateway 10.0.0.1
	mirage_done
}

case_of readers "users that are not root read and do not write; nor does root of a jail"
readers_body() {
	atf_require_prog jail
	mirage_load hello
	atf_check -o match:'^idle$' su -m nobody -c 'sysctl -n kern.mirage.state'
	for write in run=1 run=0 rtparams=i=1M ipv4=10.0.0.2/24 gateway= args=x; do
		atf_check -s not-exit:0 -o ignore -e match:'Operation not permitted' su -m nobody -c "sysctl kern.mirage.$write"
		atf_check -s not-exit:0 -o ignore -e match:'Operation not permitted' \
			jail -c path=/ command=sysctl kern.mirage.$write
	done
	mirage_is state idle
	mirage_is rtparams ''
	mirage_done
}

case_of states "start, stop, start again; a second start is EBUSY, a second stop is nothing"
states_body() {
	spins
	mirage_is state running
	mirage_is run 1
	atf_check -o match:'^mirage0 mac ([0-9a-f]{2}:){5}[0-9a-f]{2} mtu 1500 down address 10.0.0.2/24$' \
		sysctl -n kern.mirage.netif
	atf_check -s not-exit:0 -o ignore -e match:'Device busy' sysctl kern.mirage.run=1
	says 'kern.mirage.run: the program runs already'
	mirage_stop
	mirage_is state idle
	mirage_is error ''
	mirage_is uptime 0
	mirage_stop
	mirage_start
	mirage_is state running
	mirage_stop
	mirage_is state idle
	mirage_done
}

case_of unload "it can be unloaded while it runs, when it has just been started, and by force"
unload_body() {
	spins
	mirage_done
	spins
	sleep 1
	mirage_done
	spins
	sleep 1
	atf_check -o ignore -e ignore kldunload -f mirage
	mirage_nothing_left
	mirage_load hello
	mirage_start
	mirage_done
}

case_of held "packets of the program that wait in the host keep the module, which goes on"
held_body() {
	kldstat -q -m sdt || kldload dtraceall >/dev/null 2>&1
	mirage_answers reflector
	dtrace -l -P mirage >probes.before 2>/dev/null
	# Each ping's socket gets all answers, and a stopped one reads none of them; headers alone are the host's own.
	ping -q $PROGRAM >/dev/null &
	held=$!
	sleep 1
	kill -STOP $held
	ping -q -c 2 -t 10 -s 1000 $PROGRAM >/dev/null || atf_fail "no answer"
	for force in '' -f; do
		atf_check -s not-exit:0 -e match:'Device busy' kldunload $force mirage
	done
	says 'mirage: cannot be unloaded now: packets of the program wait in the host'
	# A kernel with DTrace still knows the module's probes.
	dtrace -l -P mirage >probes.after 2>/dev/null
	atf_check cmp probes.before probes.after
	mirage_is state idle
	mirage_start
	kill -KILL $held
	ping -q -c 1 -t 10 $PROGRAM >/dev/null || atf_fail "no answer after a refused unload"
	mirage_done
}

case_of name "the thread is called mirage"
name_body() {
	mirage_load hello
	atf_check_equal 1 "$(procstat -t 0 | grep -cw mirage)"
	mirage_done
}

case_of memory "mem.* follow the program"
memory_body() {
	mirage_load talker
	atf_check_equal 0 "$(mirage_value mem.used)"
	atf_check_equal 33554432 "$(mirage_value mem.limit)"
	mirage_write rtparams h=8M
	atf_check_equal 8388608 "$(mirage_value mem.limit)"
	mirage_write args 'burst 1'
	mirage_start
	mirage_becomes stats.turns 1
	mirage_write rtparams h=9M
	atf_check_equal 8388608 "$(mirage_value mem.limit)"
	used=$(mirage_value mem.used)
	[ "$used" -gt 1000000 ] || atf_fail "mem.used is $used"
	[ "$(mirage_value mem.peak)" -ge "$used" ] || atf_fail "mem.peak is below mem.used"
	heap=$(mirage_value stats.heap_bytes)
	{ [ "$heap" -gt 500000 ] && [ "$heap" -le "$used" ]; } || atf_fail "stats.heap_bytes is $heap, mem.used $used"
	mirage_stop
	left=$(mirage_value mem.used)
	[ "$left" -lt 65536 ] || atf_fail "mem.used is $left after the program's end"
	atf_check_equal 9437184 "$(mirage_value mem.limit)"
	mirage_done
}

case_of tunables "kenv(1) sets what it starts with; what is wrong is named and not taken"
tunables_body() {
	kenv kern.mirage.rtparams=i=7M >/dev/null
	kenv kern.mirage.ipv4=10.1.0.2/16 >/dev/null
	kenv kern.mirage.gateway=10.1.0.1 >/dev/null
	kenv kern.mirage.args='burst 3' >/dev/null
	kenv kern.mirage.autostart=1 >/dev/null
	mirage_load talker
	mirage_is rtparams i=7M
	mirage_is ipv4 10.1.0.2/16
	mirage_is gateway 10.1.0.1
	mirage_is args 'burst 3'
	mirage_is autostart 1
	mirage_is state running
	mirage_unload
	kenv kern.mirage.rtparams=i=7Q >/dev/null
	kenv kern.mirage.ipv4=10.1.0.2 >/dev/null
	kenv kern.mirage.gateway=router >/dev/null
	kenv kern.mirage.autostart=yes >/dev/null
	mirage_load talker
	mirage_is rtparams ''
	mirage_is ipv4 10.0.0.2/24
	mirage_is gateway ''
	mirage_is autostart 0
	mirage_is state idle
	says 'mirage: tunable kern.mirage.rtparams: rtparams "i=7Q": position 3: expected'
	says 'mirage: tunable kern.mirage.ipv4: "10.1.0.2" is not'
	says 'mirage: tunable kern.mirage.gateway: "router" is not'
	says 'mirage: tunable kern.mirage.autostart: neither 0 nor 1'
	mirage_done
}

case_of other_engine "a program that was built for another engine is refused at its start"
other_engine_body() {
	mirage_load other-engine
	for round in 1 2; do
		mirage_start
		mirage_becomes state failed
		atf_check -o match:'^the program was built for engine uktape-.*, and this is duktape-.*: build it again$' \
			sysctl -n kern.mirage.error
	done
	says 'mirage: the program has failed: the program was built for engine uktape-'
	mirage_done
}

atf_init_test_cases() {
	for one in $cases; do
		atf_add_test_case $one
	done
}
