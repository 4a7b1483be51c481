#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The probes of TypeScript's functions and objects, and sampled stacks, as
# dtrace(1) sees them in a kernel: what they say, and that they break nothing.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/streams.subr"
. "$(atf_get_srcdir)/tracing.subr"

# All that the language has, and the stack for samplers.
ALL='mirage:::function-*, mirage:::object-*, mirage:::execute-*, mirage:::gc-*, mirage:::heap-grow, mirage:::compile-*, mirage:::bytecode-load, mirage:::sample'

# traced_all FILE COMMAND DTRACE-ARGUMENTS...: as traced, and nothing was lost.
traced_all() {
	traced "$@"
	! grep -E 'drops|invalid address|aborted' dtrace.said || atf_fail "dtrace: $(cat dtrace.said)"
}

mirage_case functions "functions and objects have names, files and lines; each return has its entry" 600
functions_body() {
	tracing
	mirage_load traced
	mirage_up
	traced_all said "sysctl kern.mirage.run=1; $(becomes failed 600)" -n '
	mirage:::function-entry { depth++; @entries[stringof(arg0), stringof(arg1), stringof(arg2)] = count(); }
	mirage:::function-return { depth--; @returns[stringof(arg0), stringof(arg1), stringof(arg2)] = count(); }
	mirage:::function-info /stringof(arg2) == "garbage"/ {
		printf("info %s %d called at %s %d\n", stringof(arg0), arg3, stringof(arg4), args[5]);
	}
	mirage:::object-create /stringof(arg0) == "traced.ts"/ { @made[stringof(arg1), arg3] = count(); }
	mirage:::object-create-start { begun++; }
	mirage:::object-create-done { begun--; }
	mirage:::object-finalize /arg0 == 0/ { @dead[stringof(arg1)] = count(); }
	mirage:::execute-start { running++; executed = 1; }
	mirage:::execute-done { running--; }
	mirage:::compile-start { printf("compile %d\n", arg1); }
	mirage:::bytecode-load { printf("load %s %d\n", stringof(arg0), arg1 > 1000); }
	mirage:::sample /arg2 > 0/ { @samples[stringof(arg0)] = count(); }
	END {
		printa("entered %s %s %s %@d\n", @entries); printa("returned %s %s %s %@d\n", @returns);
		printa("made %s %d %@d\n", @made); printa("dead %s %@d\n", @dead); printa("sampled %s %@d\n", @samples);
		printf("left %d %d %d %d\n", depth, begun, running, executed);
	}'
	cat said
	atf_check grep -qx 'left 0 0 0 1' said
	sed -n 's/^entered //p' said | sort >entries
	sed -n 's/^returned //p' said | sort >returns
	atf_check [ -s entries ]
	atf_check cmp entries returns
	for line in '^entered traced\.ts <global> garbage 1$' '^entered traced\.ts <global> fail 1$' '^entered mirage/src/lib/[a-z]*\.ts [A-Z]' \
		'^entered native ' '^info traced\.ts 1[0-9] called at traced\.ts 2[0-9]$' '^made Object 1[0-9] 20000$' '^dead Object [1-9]' \
		'^compile [1-9]' '^load traced 1$' '^sampled .*\(traced\.ts:[0-9]+\)_\[j\];garbage \(traced\.ts:1[0-9]\)_\[j\] [1-9]'; do
		atf_check -o ignore grep -Eq "$line" said
	done
	mirage_done
}

mirage_case traffic "a TCP echo goes on, unchanged, while every function and object is traced" 600
traffic_body() {
	tracing
	mirage_answers tcp-echo
	_load=$(mirage_program tcp-load) || exit
	traced_all said "$_load echo $PROGRAM 7 8 400000 120 >$PWD/streamed 2>&1" -n "$ALL { @[probename] = count(); }"
	cat said streamed
	atf_check grep -q 'done 8 failed 0 .* changed 0' streamed
	for probe in function-entry function-return function-info object-create object-finalize execute-start execute-done sample; do
		atf_check -o ignore grep -E "^ +$probe +[1-9]" said
	done
	# Some are running when dtrace begins, and when it ends.
	apart=$(awk '$1 == "function-entry" { n += $2 } $1 == "function-return" { n -= $2 } END { if (n < 0) n = -n; print n + 0 }' said)
	[ "$apart" -lt 50 ] || atf_fail "entries and returns are $apart apart"
	mirage_is state running
	load echo $PROGRAM 7 2 100000
	mirage_done
}

mirage_case budgets "budgets end a program at the same place, traced or not" 600
budgets_body() {
	tracing
	mirage_load budgets
	for case in recursion loop-catch arrays; do
		case $case in
		arrays) mirage_write rtparams h=4M ;;
		*) mirage_write rtparams i=2M ;;
		esac
		mirage_write args $case
		mirage_start
		mirage_becomes state over-budget 120
		mirage_value error >quiet
		counted=$(mirage_value stats.instructions)
		traced_all said "sysctl kern.mirage.run=1; $(becomes over-budget 600)" -n "$ALL { @[probename] = count(); }"
		mirage_value error >error
		cat error said
		atf_check cmp quiet error
		atf_check_equal "$counted" "$(mirage_value stats.instructions)"
		atf_check_equal "$(awk '$1 == "function-entry" { print $2 }' said)" "$(awk '$1 == "function-return" { print $2 }' said)"
	done
	mirage_done
}

mirage_case flame "samples of a busy TCP echo: at least 95 of 100 have a name, TypeScript and frame code among them" 600
flame_body() {
	tracing
	_script=$SRCDIR/dtrace/flame.d
	[ -f "$_script" ] || _script=$SRCDIR/../../dtrace/flame.d
	[ -f "$_script" ] || atf_skip "there is no dtrace/flame.d"
	mirage_answers tcp-echo
	_load=$(mirage_program tcp-load) || exit
	traced_all samples "$_load echo $PROGRAM 7 4 8000000 120" -s "$_script"
	# The first function of a stack is the one that ran.
	awk '
	/^js/ { js = $0; first = "" ; next }
	/^count / {
		all += $2
		if (js != "js " && js != "js") typescript += $2
		if (first ~ /`fc_/) framecode += $2
		if (first == "" || first ~ /(^|`)0x[0-9a-f]+$/) unnamed += $2
		js = ""
		next
	}
	js != "" && first == "" && NF > 0 { first = $1 }
	END { printf("samples %d unnamed %d typescript %d framecode %d\n", all, unnamed, typescript, framecode) }' samples >counts
	cat counts
	read -r _ all _ unnamed _ typescript _ framecode <counts
	[ "$all" -gt 200 ] || atf_fail "$all samples: $(head -50 samples)"
	[ $((unnamed * 20)) -le "$all" ] || atf_fail "$unnamed of $all samples have no name"
	[ "$typescript" -gt 0 ] && [ "$framecode" -gt 0 ] || atf_fail "$(cat counts)"
	atf_check -o ignore grep -E '^js .*\(main\.ts:[0-9]+\)_\[j\];.*\(mirage/src/lib/[a-z]+\.ts:[0-9]+\)_\[j\]' samples
	mirage_done
}

mirage_case symbols "fbt has an entry and a return for the functions of frame code" 600
symbols_body() {
	tracing
	kldstat -q -m fbt || kldload fbt >/dev/null 2>&1 || atf_skip "this kernel has no fbt.ko"
	mirage_load udp-echo
	"$DTRACE" -l -n 'fbt:mirage:fc_*:entry' | awk '$2 == "fbt" { print $4 }' | sort >entries
	"$DTRACE" -l -n 'fbt:mirage:fc_*:return' | awk '$2 == "fbt" { print $4 }' | sort -u >returns
	wc -l entries returns
	[ "$(wc -l <entries)" -gt 200 ] || atf_fail "only $(wc -l <entries) functions: $(cat entries)"
	atf_check grep -qx fc_stack__input entries
	atf_check grep -q '^fc_stack__tcp_output__Output_' entries
	mirage_done
}

atf_init_test_cases() {
	for _case in $cases; do
		atf_add_test_case "$_case"
	done
}
