#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The scripts in dtrace/ against a program that does a little of everything
# (programs/observed.ts): each prints its header and rows of real data, and ends
# with 0 on SIGINT, as by Ctrl-C.  Several watch the same load at once.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/tracing.subr"

# mirage-trace takes it from there.
export DTRACE

# Folder for what each script printed.
examples=$(atf_config_get examples "")

# Where the scripts are.
folder() {
	scripts=$SRCDIR/dtrace
	[ -d "$scripts" ] || scripts=$SRCDIR/../../dtrace
	[ -f "$scripts/mirage-trace" ] || atf_skip "there is no dtrace/mirage-trace"
}

# The program runs, and packets for a strange address go to it, too.
observed() {
	folder
	mirage_answers observed
	route -q delete -host 10.99.0.1 >/dev/null 2>&1
	route -q add -host 10.99.0.1 $PROGRAM >/dev/null 2>&1
}

# Traffic and a lost packet, for the four seconds and more in which a SYN is sent again.
load() {
	sleep 3
	ping -q -c 10 -i 0.1 $PROGRAM >/dev/null
	ping -q -c 1 -W 500 -t 60 10.99.0.1 >/dev/null
	for _round in 1 2; do
		echo hello | nc -u -w 1 $PROGRAM 7 >/dev/null
		(echo one; sleep 1; echo two) | nc -N -w 5 $PROGRAM 7 >/dev/null
	done
}

# finished SCRIPT PID: waits for it, and holds that it ended by itself, with 0.
finished() {
	_left=300
	while kill -0 "$2" 2>/dev/null; do
		_left=$((_left - 1))
		if [ $_left -le 0 ]; then
			kill -9 "$2"
			wait "$2"
			atf_fail "$1.d does not end on SIGINT"
		fi
		sleep 0.1
	done
	wait "$2"
	_code=$?
	[ $_code -eq 0 ] || atf_fail "$1.d ended with $_code: $(cat "$1.err" "$1.out")"
}

# begun SCRIPT PID: waits for its first line, which comes when its probes are on.
begun() {
	_left=900
	until [ -s "$1.out" ]; do
		kill -0 "$2" 2>/dev/null || atf_fail "$1.d: $(cat "$1.err" "$1.out")"
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "$1.d does not begin: $(cat "$1.err")"
		sleep 0.1
	done
}

# Garbage, for a collection.
collect() {
	_collections=$(mirage_value stats.gc)
	_left=90
	while [ "$(mirage_value stats.gc)" = "$_collections" ]; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "no collection of garbage"
		echo collect | nc -u -w 1 $PROGRAM 7 >/dev/null
	done
}

# watch SCRIPT...: all of them see one load, and are interrupted.
watch() {
	_interruptible=$(mirage_program interruptible) || exit
	_running=
	for _name; do
		"$_interruptible" /bin/sh "$scripts/mirage-trace" "$_name" >"$_name.out" 2>"$_name.err" &
		_running="$_running $_name:$!"
		echo $! >>watching
	done
	for _one in $_running; do
		begun "${_one%:*}" "${_one#*:}"
	done
	load
	[ -z "${_also-}" ] || $_also
	for _one in $_running; do
		kill -INT "${_one#*:}"
	done
	for _one in $_running; do
		finished "${_one%:*}" "${_one#*:}"
	done
	mirage_is state running
	for _name; do
		# What a script could not do, it says there. What some of them keep or print may be more than there is room for.
		case $_name in
		heap | js_flow*) _lost='|[0-9] .*drops?( on|$| with)' ;;
		*) _lost= ;;
		esac
		! grep -Ev "(buffer|aggregation|dynamic variable) size lowered$_lost" "$_name.err" ||
			atf_fail "$_name.d complains: $(cat "$_name.err")"
	done
}

# What a case that failed has left, which would keep the module.
stop_watching() {
	[ ! -f watching ] || while read -r _pid; do
		kill -9 "$_pid" 2>/dev/null
	done <watching
}

# shows SCRIPT LINE...: it printed a line that matches, for each.
shows() {
	_name=$1
	shift
	cat "$_name.out"
	[ -z "$examples" ] || { mkdir -p "$examples" && cp "$_name.out" "$examples/$_name.txt"; }
	for _line; do
		grep -Eq -e "$_line" "$_name.out" || atf_fail "$_name.d shows no line as '$_line': $(cat "$_name.out")"
	done
}

# A bar of a distribution with something in it.
bar='^ +[0-9]+ \|@+ +[1-9]'

case_of() {
	atf_test_case "$1" cleanup
	eval "$1_head() { atf_set descr '$2'; atf_set require.user root; atf_set timeout 600; }
		$1_cleanup() { stop_watching; route -q delete -host 10.99.0.1 >/dev/null 2>&1; mirage_cleanup; }"
	cases="$cases $1"
}
cases=

case_of frames "life, frames, drops, copies, turns, latency"
frames_body() {
	tracing
	observed
	watch life frames drops copies turns latency
	shows life '^ +MS +WHAT +DETAILS$' '^ +[0-9]+ +console +observed: round [0-9]+$' \
		'^ +[0-9]+ +drop +[0-9]+ bytes on interface -?[0-9]+: ipv4\.not-for-us$' "$bar"
	shows frames '^NETIF DIR +FRAMES +BYTES$' '^ +0 in +[1-9][0-9]* +[1-9][0-9]*$' '^ +0 out +[1-9][0-9]* +[1-9][0-9]*$' "$bar"
	shows drops '^NETIF REASON +FRAMES$' '^ +-?[0-9]+ ipv4\.not-for-us +[1-9]'
	shows copies '^REASON +COPIES +BYTES$' '^transmit +[1-9][0-9]* +[1-9]' 'mirage\.ko`fc_stack__'
	shows turns '^turn \(ns\)' '^instructions' '^sleep \(us\)' '^timer +[1-9]' '^frame +[1-9]' "$bar"
	shows latency '^arrival to handler \(ns\)' '^arrival to transmit, by a handler \(ns\)' \
		'^arrival to transmit, by frame code \(ns\)' '^frames waiting' "$bar"
	mirage_done
}

case_of memory "gc, heap, io_page, generic, flame"
memory_body() {
	tracing fbt
	observed
	_also=collect
	watch gc heap io_page generic flame
	shows gc '^TIME +PAUSE\(us\) +BEFORE +AFTER +FREED WHY$' ' [1-9][0-9]* +[1-9][0-9]* +[1-9][0-9]* +[0-9]+ regular$' "$bar"
	shows heap '^ +BYTES FUNCTION +FILE:LINE$' '^ +[1-9][0-9]+ garbage +observed\.ts:[0-9]+$' '^ +LIVE CLASS +FILE:LINE$' \
		'^ +[1-9][0-9]* Session +observed\.ts:[0-9]+$'
	shows io_page '^WHAT +TIMES +BYTES$' '^alloc +[1-9]' '^retain +[1-9]' '^release +[1-9]' "$bar" 'mirage\.ko`fc_stack__'
	shows generic '^FUNCTION +CALLS +TIME\(us\)$' '^fc_stack__input +[1-9][0-9]* +[1-9]'
	shows flame '^js .*garbage \(observed\.ts:[0-9]+\)_\[j\]' 'mirage\.ko`mirage_loop_run\+0x' '^count [1-9]'
	mirage_done
}

case_of calls 'JavaScript calls: their number, times, and who makes them'
calls_body() {
	tracing
	observed
	watch js_calls js_calltime js_calldist js_cputime js_cpudist js_execs js_who js_stat
	shows js_calls '^FILE +TYPE +NAME +CALLS$' '^observed\.ts +func +fibonacci +[1-9]' '^observed\.ts +obj-new +Link +[1-9]'
	for _name in js_calltime js_cputime; do
		shows $_name '^FILE +TYPE +NAME +TOTAL$' '^Calls,$' 'time of their own' 'time with what they call' \
			'^observed\.ts +func +garbage +[1-9]'
	done
	for _name in js_calldist js_cpudist; do
		shows $_name 'time of their own' 'time with what they call' '^ +observed\.ts, func, fibonacci' "$bar"
	done
	shows js_execs '^TIME +US +FILE:LINE$' ' [0-9]+ +[A-Za-z/.]+:[0-9]+$'
	shows js_who '^ +PID +UID +WHO +FUNCS FILE$' '^ +0 +0 kernel +[1-9][0-9]* observed\.ts$'
	shows js_stat '^TIME +EXEC/s +FUNC/s +OBJNEW/s +OBJFRE/s +GC/s +TURN/s$' ' +[1-9][0-9]* +[1-9][0-9]* +[1-9][0-9]* +[0-9]+ +[0-9]+ +[1-9]'
	mirage_done
}

case_of flow 'JavaScript flow and objects'
flow_body() {
	tracing
	observed
	watch js_flow js_flowinfo js_flowtime js_objcpu js_objgc js_objnew
	shows js_flow '^ +C TIME\(us\) +FILE +-- FUNC$' '^ +[0-9]+ [0-9]+ +observed\.ts +-> fibonacci$' \
		'^ +[0-9]+ [0-9]+ +observed\.ts +<- fibonacci$'
	shows js_flowinfo '^ +C TIME\(us\) +DELTA\(us\) FILE:LINE +CALLER +-- FUNC$' \
		' observed\.ts:[0-9]+ +observed\.ts:[0-9]+ +-> .*fibonacci$' '<- .*fibonacci$'
	shows js_flowtime '^ +C TIME\(us\) +FILE +DELTA\(us\) -- FUNC$' ' observed\.ts +[0-9]+ +-> fibonacci$' '<- fibonacci$'
	shows js_objcpu '^FILE +CLASS +COUNT +TOTAL\(us\)$' '^observed\.ts +Link +[1-9][0-9]* +[1-9]' "$bar"
	shows js_objgc '^CLASS +LIVE$' '^Session +[1-9]'
	shows js_objnew '^FILE +LINE CLASS +COUNT$' '^observed\.ts +[1-9][0-9]* Link +[1-9]'
	mirage_done
}

case_of tcp "tcplife, tcpretrans, tcptop, tcpsnoop, udptop"
tcp_body() {
	tracing
	observed
	watch tcplife tcpretrans tcptop tcpsnoop udptop
	shows tcplife '^LADDR +LPORT +RADDR +RPORT +RX +TX +MS +SETUP +OPEN +END$' \
		"^$PROGRAM +7 $HOST +[0-9]+ +8 +8 +[0-9]+ +[0-9]+ +[1-9]" 'state-established' "$bar"
	shows tcpretrans '^TIME +LADDR +LPORT +RADDR +RPORT +STATE +SEQ +CWND +SSTHRESH +RTO$' \
		" $PROGRAM +[0-9]+ 10\.0\.0\.77 +81 state-syn-sent +0 +[0-9]+ +[0-9]+ +[1-9]" "^10\.0\.0\.77 +81 +[1-9]"
	shows tcptop '^LADDR +LPORT RADDR +RPORT DIR +BYTES$' "^$PROGRAM +7 $HOST +[0-9]+ in +8$" "^$PROGRAM +7 $HOST +[0-9]+ out +8$"
	shows tcpsnoop '^ +TIME\(us\) STACK +DIR LADDR:LPORT +RADDR:RPORT +BYTES WHAT$' \
		" mirage -> +$PROGRAM *:7 +$HOST *:[0-9]+ +[0-9]+ .*ACK" " tcp +-> +$HOST *:[0-9]+ +$PROGRAM *:7 +0 SYN" \
		' mirage == .* state-syn-received to state-established$'
	shows udptop '^LADDR +LPORT RADDR +RPORT DIR +BYTES$' "^$PROGRAM +7 $HOST +[0-9]+ in +6$" "^$PROGRAM +7 $HOST +[0-9]+ out +[1-9]"
	mirage_done
}

atf_init_test_cases() {
	for _case in $cases; do
		atf_add_test_case "$_case"
	done
}
