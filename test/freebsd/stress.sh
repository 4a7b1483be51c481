#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Many rounds under traffic.  A few unless MIRAGE_ROUNDS says how many
# (kyua -v test_suites.mirage.rounds=200).

. "$(atf_get_srcdir)/mirage.subr"

# A tenth of a second is a long time here: up to four of them.
wait_at_random() {
	sleep "$(jot -r -p 2 1 0 0.4)"
}

# Four senders: two that flood, one that waits for its answers, and ping.  The first
# two take all the time that nobody else wants.
senders() {
	idprio 31 "$echoes" $PROGRAM 7 1000000 0 64 >/dev/null 2>&1 &
	idprio 31 "$echoes" $PROGRAM 7 1000000 0 1472 >/dev/null 2>&1 &
	(while :; do "$echoes" $PROGRAM 7 1000 16 1472; done) >/dev/null 2>&1 &
	(while :; do ping -q -f -c 1000 $PROGRAM; done) >/dev/null 2>&1 &
}

senders_end() {
	for _child in $(pgrep -P $$); do
		# Else it starts the next while the last is killed.
		kill -STOP "$_child"
		pkill -9 -P "$_child"
		kill -9 "$_child"
	done 2>/dev/null
	wait 2>/dev/null
}

# Everything that the kernel counts, by type of malloc(9) and by zone: name, in use.
# Not the caches of memory management and file systems, nor what waits for a devd(8), nor
# the zones that malloc(9) takes from (its types are there), nor what hangs on a record of a
# thread, whether one runs or not (THREAD counts those that did).  12.1 loses a record of the group "all" (temp)
# and the addresses (ifaddr, and their counters) of each interface that is destroyed: of an epair(4), too.
counts() {
	vmstat -m | awk -v release="$(uname -r)" 'NR > 1 { n = $0; sub(/^ */, "", n)
		if (match(n, / +[0-9]+ +[0-9]+K? +[-0-9]/)) {
			split(substr(n, RSTART), f, " "); name = substr(n, 1, RSTART - 1); gsub(/ /, "_", name)
			if (name !~ /^(bus|bus-sc|select|umtx|tmpfs_.*)$/ && (release !~ /^12/ || name !~ /^(temp|ifaddr)$/)) print "malloc:" name, f[1] } }'
	vmstat -z | awk -F '[:,]' -v release="$(uname -r)" 'NF > 5 &&
		!/^(vm pgcache|vmem|MAP ENTRY|DEVCTL|UMA |PV ENTRY|RADIX|BUF|buf|VNODE|S VFS|FFS|TMPFS|selfd|SLEEPQUEUE|TURNSTILE|malloc-|[0-9]* *Bucket|[0-9]+:|mbuf)/ &&
		(release !~ /^12/ || $1 != "64 pcpu") { gsub(/ /, "_", $1); print "zone:" $1, $4 + 0 }'
}

# What of it grew by LIMIT or more.
grown() {
	awk -v limit="$1" 'FNR == NR { before[$1] = $2; next }
		$2 - before[$1] >= limit { print $1 ": " before[$1] + 0 " -> " $2 }' counts.before counts.after
}

# fork(2) keeps a process that has ended, with its thread and what hangs on that, for
# the next: more processes at once than the test has, so that it needs no new one.
fill_process_cache() {
	_children=0
	while [ $_children -lt 100 ]; do
		sleep 3 &
		_children=$((_children + 1))
	done
	wait
}

mbufs() {
	netstat -m | sed -n 's,^\([0-9]*\)/.* mbufs in use.*,\1,p'
}

# The packets of the traffic are on their way for a while.
mbufs_are_back() {
	_left=100
	while [ "$(mbufs)" -gt "$1" ]; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "$(mbufs) mbufs in use, $1 before"
		sleep 0.1
	done
}

check_counts() {
	# Reclaiming takes the kernel a moment.
	sleep 2
	counts >counts.after
	echo "there is more of:" $(grown 1)
	_leaked=$(grown $(($1 / 4 > 20 ? $1 / 4 : 20)))
	[ -z "$_leaked" ] || atf_fail "after $1 rounds there is more of:" $_leaked
	mbufs_are_back "$mbufs_before"
	echo "$1 rounds; mbufs $mbufs_before -> $(mbufs)"
}

unload_soon() {
	_left=100
	until _why=$(kldunload mirage 2>&1); do
		# Packets of the program may wait in a socket, for as long as its owner does not read.
		_busy=$((_busy + 1))
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "kldunload: $_why"
		sleep 0.1
	done
}

load_round() {
	mirage_load udp-echo
	mirage_up
	mirage_start
	senders
	wait_at_random
	unload_soon
	senders_end
}

atf_test_case load_and_unload cleanup
load_and_unload_head() {
	atf_set descr "load, start, traffic from four senders, unload at a random moment"
	atf_set require.user root
	atf_set timeout 7200
}
load_and_unload_body() {
	echoes=$(mirage_program udp-echoes) || exit
	rounds=$(atf_config_get rounds 24)
	_busy=0
	load_round
	load_round
	fill_process_cache
	mbufs_before=$(mbufs)
	counts >counts.before
	round=0
	while [ $round -lt "$rounds" ]; do
		round=$((round + 1))
		load_round
		if [ $((round % 10)) -eq 0 ]; then
			echo "round $round" >/dev/console
			mirage_nothing_left
		fi
	done
	mirage_nothing_left
	check_counts "$rounds"
	echo "kldunload was busy $_busy times"
}
load_and_unload_cleanup() {
	mirage_cleanup
}

start_round() {
	mirage_start
	[ $((round % 3)) -eq 0 ] || wait_at_random
	mirage_stop
}

atf_test_case start_and_stop cleanup
start_and_stop_head() {
	atf_set descr "start and stop under traffic from four senders"
	atf_set require.user root
	atf_set timeout 7200
}
start_and_stop_body() {
	echoes=$(mirage_program udp-echoes) || exit
	rounds=$(($(atf_config_get rounds 24) * 5))
	mirage_load udp-echo
	mirage_up
	fill_process_cache
	mbufs_before=$(mbufs)
	senders
	for round in 1 2 3 4; do
		start_round
	done
	counts >counts.before
	round=0
	while [ $round -lt "$rounds" ]; do
		round=$((round + 1))
		start_round
		if [ $((round % 50)) -eq 0 ]; then
			echo "round $round" >/dev/console
			_said=$(mirage_complaints) && atf_fail "the kernel said: $_said"
		fi
	done
	senders_end
	check_counts "$rounds"
	mirage_start
	mirage_waits
	atf_check -o match:' answered 100 changed 0 ' "$echoes" $PROGRAM 7 100 4 1472
	mirage_done
}
start_and_stop_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case load_and_unload
	atf_add_test_case start_and_stop
}
