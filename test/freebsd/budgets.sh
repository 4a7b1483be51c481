#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# test/system/programs/budgets, the program of the Unix target's tests
# (test/system/budgets.test.ts): each way of breaking a budget, in the kernel.

. "$(atf_get_srcdir)/mirage.subr"

# Fewer instructions and less heap than by default: emulation is slow.
few=i=2M
little=h=4M

# What a program that did nothing wrong leaves until the next start.
memory() {
	vmstat -m | awk '$1 == "mirage" { print $2, $3 }'
	vmstat -z | awk -F '[:,]' '/^mirage/ { print $1, $4 }'
}

# violates NAME STATE MESSAGE FUNCTION [RTPARAMS]: starts the program with the
# word NAME, and expects the state, and an error that matches and names the
# function with its line.  Then the program runs at once again, and no memory
# is left.
violates() {
	echo "== $1"
	mirage_write rtparams "${5-}"
	mirage_write args "$1"
	mirage_start
	mirage_becomes state "$2" 120
	mirage_value error >error
	cat error
	atf_check -o match:"$3" cat error
	atf_check -o match:"at $4[^ ]* \((main|trap\.frame)\.ts:[0-9]+" cat error
	# Helpers that the build put in are no reader's business.
	atf_check -s exit:1 grep -E 'at (.* \()?mirage\)?$' error
	runs_well
	memory >after
	atf_check cmp before after
}

runs_well() {
	mirage_write args none
	mirage_start
	mirage_becomes state returned
	mirage_is error ''
	fine=$(($(mirage_messages | grep -c 'mirage: fine')))
	[ $fine -eq $((${runs:-0} + 1)) ] || atf_fail "it ran $runs times, and said so $fine times"
	runs=$fine
}

begin() {
	mirage_load budgets
	mirage_write rtparams "$1"
	runs_well
	memory >before
	cat before
}

atf_test_case instructions cleanup
instructions_head() {
	atf_set descr "loops of every kind end at the budget of instructions"
	atf_set require.user root
}
instructions_body() {
	begin $few
	violates loop over-budget 'instruction budget' loop
	for one in loop-catch:loopInCatch loop-timer:loop regexp:regexp native-loop:nativeLoop microtasks:again \
	    trap-loop:spin; do
		violates ${one%:*} over-budget 'instruction budget' ${one#*:} $few
	done
	mirage_done
}
instructions_cleanup() {
	mirage_cleanup
}

atf_test_case stack cleanup
stack_head() {
	atf_set descr "recursion of every kind ends before the kernel's stack does"
	atf_set require.user root
}
stack_body() {
	begin ''
	violates recursion over-budget '(stack|depth) budget' recurse
	violates recursion-catch over-budget '(stack|depth) budget' recurseInCatch
	violates deep-json over-budget 'budget' deepJson
	violates trap-recursion over-budget 'stack budget' descend
	mirage_done
}
stack_cleanup() {
	mirage_cleanup
}

atf_test_case heap cleanup
heap_head() {
	atf_set descr "growth of every kind ends at the budget of heap"
	atf_set require.user root
}
heap_body() {
	begin ''
	violates arrays over-budget 'heap budget' growArray
	violates buffers over-budget 'heap budget' growBuffers
	violates strings over-budget 'heap budget' growString $little
	violates closures over-budget 'heap budget' growClosures $little
	violates memory-catch over-budget 'heap budget' growInCatch $little
	mirage_done
}
heap_cleanup() {
	mirage_cleanup
}

atf_test_case exceptions cleanup
exceptions_head() {
	atf_set descr "what nobody catches is in kern.mirage.error"
	atf_set require.user root
}
exceptions_body() {
	begin ''
	violates throw failed 'TypeError: this is wrong' uncaught
	violates throw-string failed 'uncaught "just text" \(thrown, but no Error\)' throwIt
	violates throw-null failed 'uncaught null \(thrown, but no Error\)' throwIt
	violates throw-again failed 'uncaught "first" \(thrown, but no Error\)' throwIt
	violates rejection failed 'RangeError: nobody handles this' rejected
	mirage_done
}
exceptions_cleanup() {
	mirage_cleanup
}

atf_test_case traps cleanup
traps_head() {
	atf_set descr "frame code that goes wrong ends the program, not the kernel"
	atf_set require.user root
}
traps_body() {
	begin ''
	violates trap-unreachable failed '[Uu]nreachable' unreachableCode
	violates trap-bounds failed 'out.of.bounds' outOfBounds
	violates trap-divide failed 'divi(de|sion) by zero' divideByZero
	violates trap-assert failed 'value must be 42' assertFails
	violates trap-catch failed 'divi(de|sion) by zero' divideByZero
	mirage_done
}
traps_cleanup() {
	mirage_cleanup
}

atf_test_case unload_while_it_loops cleanup
unload_while_it_loops_head() {
	atf_set descr "a program that loops in a turn does not keep the module"
	atf_set require.user root
}
unload_while_it_loops_body() {
	mirage_load budgets
	mirage_write args loop
	mirage_start
	mirage_done
}
unload_while_it_loops_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	for one in instructions stack heap exceptions traps unload_while_it_loops; do
		atf_add_test_case $one
	done
}
