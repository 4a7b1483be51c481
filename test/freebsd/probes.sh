#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The SDT probes of mirage.ko, as dtrace(1) sees them.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/tracing.subr"

# "name type, type, ..." of each probe, as the table has them: the types that
# dtrace(1) translates to, if it does.  const is nothing to dtrace(1), and the
# kernel is told C's own names of types.
table() {
	_table=$SRCDIR/dtrace/probes.def
	[ -f "$_table" ] || _table=$SRCDIR/../../dtrace/probes.def
	[ -f "$_table" ] || atf_skip "there is no dtrace/probes.def"
	awk '
	function flush() { if (name != "") print name " " types; name = "" }
	function add(type) { types = types (types == "" ? "" : ", ") type }
	# The type of (type, name, "what") or (type, name, "what", "as").
	function type_of(text) {
		if (text ~ /", "[a-z0-9_ *]+"\)/) { sub(/"\)[^"]*$/, "", text); sub(/.*"/, "", text) }
		else { sub(/^[^(]*\((const )?/, "", text); sub(/,.*/, "", text) }
		return text
	}
	/^#define MIRAGE_[A-Z0-9_]+ \(/ { shared[$2] = type_of($0) }
	/^MIRAGE_PROBE_ROW/ {
		flush(); name = $0; sub(/^[^(]*\(/, "", name); sub(/,.*/, "", name); gsub(/__/, "-", name); types = ""
	}
	/^    \([a-z].*, [a-z0-9_]+, "/ { add(type_of($0)) }
	/^    MIRAGE_/ { n = split($0, names, /[ ,)]+/); for (i = 1; i <= n; i++) if (names[i] in shared) add(shared[names[i]]) }
	END { flush() }' "$_table" | sed 's/uint8_t/unsigned char/g; s/uint32_t/unsigned int/g; s/uint64_t/unsigned long/g' | sort
}

# The same, as the kernel has them.
listed() {
	"$DTRACE" -l -v -P mirage | awk '
	function flush() { if (name != "") print name " " types; name = "" }
	$2 == "mirage" { flush(); name = $NF; types = "" }
	/args\[[0-9]\]:/ { type = $0; sub(/^.*\]: *(const )?/, "", type); types = types (types == "" ? "" : ", ") type }
	END { flush() }' | sort
}

atf_test_case listed cleanup
listed_head() {
	atf_set descr "dtrace -l knows all probes of the table, with the types of their arguments"
	atf_set require.user root
}
listed_body() {
	tracing
	table >wanted
	mirage_load hello
	listed >found
	atf_check [ -s wanted ]
	atf_check -o empty diff wanted found
	mirage_done
}
listed_cleanup() {
	mirage_cleanup
}

atf_test_case fires cleanup
fires_head() {
	atf_set descr "each probe fires, and never while nobody asks for what it stands for"
	atf_set require.user root
}
fires_body() {
	tracing
	# Who is not there at the load hears of it at the start; of the unload nobody here.
	table | sed 's/ .*//' | grep -vx unload >wanted
	count='mirage::: { @[probename] = count(); }'
	mirage_load udp-echo
	mirage_up
	traced echo.fired "sysctl kern.mirage.run=1; ping -q -c 3 $PROGRAM; echo | nc -u -w 1 $PROGRAM 7; echo | nc -u -w 1 $PROGRAM 9; sysctl kern.mirage.run=0" \
		-n "$count"
	mirage_done
	mirage_load tcp-echo
	mirage_up
	# Nobody listens at the second port.
	traced tcp.fired "sysctl kern.mirage.run=1; ping -q -c 3 $PROGRAM; echo | nc -w 2 $PROGRAM 7; echo | nc -w 2 $PROGRAM 8; sysctl kern.mirage.run=0" \
		-n "$count"
	mirage_done
	mirage_load caller
	mirage_up
	traced caller.fired "(nc -l 4001 </dev/null &) ; sleep 1; sysctl kern.mirage.run=1; $(becomes returned)" -n "$count"
	mirage_done
	mirage_load traced
	mirage_up
	traced failed.fired "sysctl kern.mirage.run=1; $(becomes failed)" -n "$count"
	mirage_is state failed
	# An interface that is down takes nothing.
	ifconfig mirage0 down
	traced down.fired "sysctl kern.mirage.run=1; $(becomes failed)" -n "$count"
	mirage_write rtparams i=100k
	traced budget.fired "sysctl kern.mirage.run=1; $(becomes over-budget)" -n "$count"
	sysctl kern.mirage.stats.gc kern.mirage.stats.gc_ns
	mirage_done
	head -n 100 ./*.fired
	cat ./*.fired | awk 'NF == 2 { print $1 }' | sort -u >found
	atf_check -o empty diff wanted found
	# Untouched by what they do not stand for.
	atf_check -s exit:1 grep -Eq 'error|budget|copy|tcp-' echo.fired
	atf_check -s exit:1 grep -Eq 'tcp-connect|tcp-retransmit|udp-' tcp.fired
	atf_check -s exit:1 grep -Eq 'tcp-accept|udp-' caller.fired
	atf_check -s exit:1 grep -q budget failed.fired
}
fires_cleanup() {
	mirage_cleanup
}

atf_test_case arguments cleanup
arguments_head() {
	atf_set descr "arguments are what the table says: texts, numbers, times"
	atf_set require.user root
}
arguments_body() {
	tracing
	mirage_load traced
	mirage_up
	traced said "sysctl kern.mirage.run=1; $(becomes failed)" -n '
	mirage:::start { printf("start %s\n", stringof(args[0])); }
	mirage:::console { printf("console %d %s\n", args[0], substr(stringof(args[1]), 0, args[2])); }
	mirage:::copy { printf("copy %s %d\n", stringof(args[0]), args[1]); }
	mirage:::netif-tx { printf("out %d %d\n", args[0], args[3]); }
	mirage:::timer { printf("timer %s\n", args[2] >= args[1] ? "due" : "early"); }
	mirage:::gc-done /args[0] > 0 && args[1] > 0/ { @["gc"] = count(); }
	mirage:::error { printf("error %s: %s\n", stringof(args[0]), stringof(args[1])); }
	mirage:::stop { printf("stop %s %s %d\n", stringof(args[0]), stringof(args[1]), args[2]); }
	END { printa("%s\n", @); }'
	cat said
	for line in '^start traced$' '^console 1 traced: begins$' '^copy transmit 60$' '^out 0 60$' '^timer due$' \
		'^error traced: uncaught Error: traced: enough$' '^    at fail \(.*traced\.ts:[0-9]+\)' '^stop traced failed 0$' '^gc$'; do
		atf_check grep -Eq "$line" said
	done
	atf_check -s exit:1 grep -q early said
	# One collection or more is also what the counters say.
	[ "$(mirage_value stats.gc)" -gt 0 ] || atf_fail "kern.mirage.stats.gc is 0"
	[ "$(mirage_value stats.gc_ns)" -gt 0 ] || atf_fail "kern.mirage.stats.gc_ns is 0"
	mirage_done
}
arguments_cleanup() {
	mirage_cleanup
}

# The folder with the library that translates for D.
library() {
	_folder=$SRCDIR/dtrace
	[ -d "$_folder/lib" ] || _folder=$SRCDIR/../../dtrace
	[ -d "$_folder/lib" ] || atf_skip "there is no dtrace/lib"
	case $(uname -r) in
	10.*) echo "$_folder/lib10" ;;
	*) echo "$_folder/lib" ;;
	esac
}

atf_test_case translated cleanup
translated_head() {
	atf_set descr "scripts for FreeBSD's own tcp, udp and ip providers read the same of the stack"
	atf_set require.user root
}
translated_body() {
	tracing
	_library=$(library)
	"$DTRACE" -l -n tcp:::send >/dev/null 2>&1 || atf_skip "this kernel has no provider tcp"
	mirage_answers tcp-echo
	traced said "echo hello | nc -w 2 $PROGRAM 7; echo | nc -w 2 $PROGRAM 8; sleep 1" -L "$_library" -n '
	mirage:::tcp-receive { printf("in %s %s:%d\n", args[2]->ip_saddr, args[2]->ip_daddr, args[4]->tcp_dport); }
	mirage:::tcp-receive /args[4]->tcp_flags & TH_SYN/ { printf("syn for %d\n", args[4]->tcp_dport); }
	mirage:::tcp-send { printf("out %s:%d state %d\n", args[2]->ip_saddr, args[4]->tcp_sport, args[3]->tcps_state); }
	mirage:::tcp-state-change { printf("%s %d %s to %s\n", args[3]->tcps_raddr, args[3]->tcps_lport,
	    tcp_state_string[args[5]->tcps_state], tcp_state_string[args[3]->tcps_state]); }
	mirage:::tcp-accept-established /args[1]->cs_cid != 0/ { printf("mss %d window %d\n", args[3]->tcps_mss, args[3]->tcps_cwnd); }
	mirage:::tcp-accept-refused { printf("refused %s %d\n", args[2]->ip_daddr, args[4]->tcp_sport); }
	mirage:::ip-send { printf("ip %s %s ttl %d %s\n", args[3]->if_name, args[4]->ipv4_protostr, args[4]->ipv4_ttl, args[4]->ipv4_daddr); }'
	cat said
	for line in "^in $HOST $PROGRAM:7$" '^syn for 7$' '^syn for 8$' "^out $PROGRAM:7 state 4$" '^mss [1-9]' "^refused $HOST 8$" \
		"^$HOST 7 state-listen to state-syn-received$" "^$HOST 7 state-syn-received to state-established$" \
		"^$HOST 7 state-established to state-close-wait$" "^$HOST 7 state-last-ack to state-closed$" \
		"^ip mirage0 TCP ttl 64 $HOST$"; do
		atf_check grep -q "$line" said
	done
	mirage_stop
	mirage_done
	mirage_answers udp-echo
	traced said "echo hello | nc -u -w 1 $PROGRAM 7" -L "$_library" -n '
	mirage:::udp-receive { printf("in %s:%d %d\n", args[2]->ip_saddr, args[4]->udp_dport, args[4]->udp_length); }
	mirage:::udp-send { printf("out %s:%d %s\n", args[3]->udps_laddr, args[3]->udps_lport, args[2]->ip_daddr); }'
	cat said
	# 8 bytes of header, "hello", a newline.
	atf_check grep -q "^in $HOST:7 14$" said
	atf_check grep -q "^out $PROGRAM:7 $HOST$" said
	mirage_stop
	mirage_done
}
translated_cleanup() {
	mirage_cleanup
}

# Shell text: "name value" of each statistic, by the names that Unix prints.
statistics() {
	cat <<-'END'
	sysctl kern.mirage.stats | sed -n 's/^kern\.mirage\.stats\.\([a-z_0-9]*\): \([0-9]*\)$/\1 \2/p' | awk '
	$1 ~ /^drop_/ { sub(/^drop_/, "", $1); gsub(/_/, "-", $1); $1 = "drop." $1 } { sub(/_/, ".", $1); print $1, $2 }'
	sysctl -n kern.mirage.stats.defined
	END
}

atf_test_case counted cleanup
counted_head() {
	atf_set descr "probes fire as often as statistics count"
	atf_set require.user root
}
counted_body() {
	tracing
	mirage_answers tcp-echo
	statistics >statistics.sh
	# Announcements of the address are over by then.
	sleep 3
	traced said "sh $PWD/statistics.sh >$PWD/before; head -c 300000 /dev/urandom | nc -w 3 $PROGRAM 7 >/dev/null
	echo | nc -w 2 $PROGRAM 8; echo | nc -u -w 1 $PROGRAM 9; sleep 1; sh $PWD/statistics.sh >$PWD/after" -n '
	mirage:::tcp-send, mirage:::tcp-receive, mirage:::tcp-retransmit, mirage:::netif-rx, mirage:::netif-tx, mirage:::timer,
	mirage:::gc-done { @[probename] = count(); }
	mirage:::copy { @["copies"] = count(); }
	mirage:::drop { @[strjoin("drop.", stringof(args[1]))] = count(); }'
	cat said
	awk '
	BEGIN {
		split("tcp-send tcp.sent tcp-receive tcp.received tcp-retransmit tcp.retransmitted netif-rx frames.in netif-tx frames.out " \
		    "copies copies gc-done gc", pairs)
		for (i = 1; i in pairs; i += 2) statistic[pairs[i]] = pairs[i + 1]
	}
	NF != 2 { next }
	FILENAME == "before" { before[$1] = $2 }
	FILENAME == "after" { after[$1] = $2; if ($1 ~ /^drop\./) statistic[$1] = $1 }
	FILENAME == "said" { fired[$1] = $2 }
	END {
		for (probe in statistic) {
			counted = after[statistic[probe]] - before[statistic[probe]]
			if (fired[probe] + 0 != counted) print probe, "fired", fired[probe] + 0, "times,", statistic[probe], "counted", counted
			changed += counted > 0
		}
		if (changed < 5) print "only", changed, "statistics changed"
	}' before after said >differences
	atf_check -o empty cat differences
	mirage_stop
	mirage_done
}
counted_cleanup() {
	mirage_cleanup
}

atf_test_case load cleanup
load_head() {
	atf_set descr "load is seen by who waited for it, unload when it is asked for; enabled probes keep the module"
	atf_set require.user root
}
load_body() {
	tracing
	_ko=$(mirage_built hello)/mirage.ko
	[ -f "$_ko" ] || atf_skip "there is no $_ko"
	dmesg >messages.before
	# What was waited for is enabled when any further module comes.
	kldstat -q -n if_disc.ko && atf_skip "if_disc.ko, which this test loads, is loaded already"
	traced said "kldload $_ko && kldload if_disc; sleep 1; sysctl kern.mirage.run=1; $(becomes returned); kldunload mirage && echo gone >gone; kldunload if_disc" -Z -n '
	mirage:::load { printf("load %s %d\n", stringof(arg0), arg2 > 0); }
	mirage:::unload { printf("unload %d\n", arg0); }'
	cat said
	atf_check grep -qx 'load hello 1' said
	atf_check grep -qx 'unload 0' said
	atf_check [ ! -e gone ]
	# Probes are still there, and nothing enabled is left.
	listed | grep -c . >count
	atf_check_equal "$(cat count)" "$(table | grep -c .)"
	mirage_done
}
load_cleanup() {
	mirage_cleanup
}

atf_test_case names cleanup
names_head() {
	atf_set descr "fbt and stack() know functions that are born in TypeScript"
	atf_set require.user root
}
names_body() {
	tracing fbt
	mirage_answers udp-echo
	traced said "ping -q -c 3 $PROGRAM" -n '
	fbt:mirage:fc_*:entry { @functions[probefunc] = count(); }
	mirage:::netif-tx { @stacks[stack()] = count(); }'
	cat said
	# What frame code exports keeps its name, whatever the compiler inlines.
	atf_check grep -Eq '^ *fc_stack__input +[1-9]' said
	atf_check grep -Eq '^ *fc_stack__icmp_icmp__Icmp_[A-Za-z]+ +[1-9]' said
	atf_check grep -Eq 'mirage\.ko`fc_stack__[A-Za-z0-9_]*\+0x' said
	mirage_done
}
names_cleanup() {
	mirage_cleanup
}

atf_test_case life cleanup
life_head() {
	atf_set descr "dtrace/life.d tells starts, turns, drops, errors and ends"
	atf_set require.user root
}
life_body() {
	tracing
	_script=$SRCDIR/dtrace/life.d
	[ -f "$_script" ] || _script=$SRCDIR/../../dtrace/life.d
	[ -f "$_script" ] || atf_skip "there is no dtrace/life.d"
	mirage_load traced
	traced said "sysctl kern.mirage.run=1; $(becomes failed)" -s "$_script"
	cat said
	for line in 'start +traced' 'drop .*transmit-error' 'error +uncaught Error: traced: enough' 'stop +traced: failed'; do
		atf_check grep -Eq "$line" said
	done
	mirage_done
}
life_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case listed
	atf_add_test_case fires
	atf_add_test_case arguments
	atf_add_test_case translated
	atf_add_test_case counted
	atf_add_test_case load
	atf_add_test_case names
	atf_add_test_case life
}
