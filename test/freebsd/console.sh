#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What a program prints, in the kernel's message buffer.

. "$(atf_get_srcdir)/mirage.subr"

# talks WORDS...: starts the program with these words.
talks() {
	mirage_load talker
	mirage_write args "$*"
	mirage_start
}

# said PATTERN: how many new lines of the message buffer are like that.
said() {
	mirage_messages | grep -Ec "$1"
}

# comes PATTERN: waits for such a line.
comes() {
	_left=100
	until [ "$(said "$1")" -gt 0 ]; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "no line '$1' in the message buffer"
		sleep 0.1
	done
}

atf_test_case lines cleanup
lines_head() {
	atf_set descr "each line is one message, tagged, with nothing that a terminal obeys"
	atf_set require.user root
}
lines_body() {
	talks levels
	mirage_becomes state returned
	mirage_messages >said
	for line in 'level debug' 'level log' 'level warn' 'level error' 'and its second line'; do
		atf_check_equal 1 "$(grep -cx "mirage: $line" said)"
	done
	atf_check_equal 1 "$(grep -cF 'mirage: bell ?, escape ?[31m, tab ' said)"
	# 1,206 bytes are three messages, each of whole characters.
	atf_check_equal 1 "$(LC_ALL=C grep -Ec '^mirage: long ' said)"
	mirage_done
}
lines_cleanup() {
	mirage_cleanup
}

atf_test_case left_out cleanup
left_out_head() {
	atf_set descr "of too many lines some are left out, and their number is said though nothing follows"
	atf_set require.user root
}
left_out_body() {
	talks burst 1000
	comes 'mirage: [0-9]+ lines were left out here'
	mirage_is state running
	mirage_messages | grep -E 'mirage: (line|[0-9]+ lines)' >said
	shown=$(grep -c 'mirage: line ' said)
	missing=$(sed -n 's/.*mirage: \([0-9]*\) lines were left out here.*/\1/p' said | awk '{ n += $1 } END { print n }')
	atf_check_equal 1000 $((shown + missing))
	mirage_stop
	mirage_done
}
left_out_cleanup() {
	mirage_cleanup
}

atf_test_case left_out_end cleanup
left_out_end_head() {
	atf_set descr "their number is said when the program ends, too"
	atf_set require.user root
}
left_out_end_body() {
	talks burst 1000 end
	mirage_becomes state returned
	mirage_messages | grep -E 'mirage: (line|[0-9]+ lines)' >said
	atf_check -o match:'lines were left out here' tail -1 said
	shown=$(grep -c 'mirage: line ' said)
	missing=$(sed -n 's/.*mirage: \([0-9]*\) lines were left out here.*/\1/p' said | awk '{ n += $1 } END { print n }')
	atf_check_equal 1000 $((shown + missing))
	mirage_done
}
left_out_end_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case lines
	atf_add_test_case left_out
	atf_add_test_case left_out_end
}
