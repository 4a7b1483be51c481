#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# examples/hello: a program that prints and returns.

. "$(atf_get_srcdir)/mirage.subr"

atf_test_case returns cleanup
returns_head() {
	atf_set descr "prints what it prints on Unix, and returns; again and again"
	atf_set require.user root
}
returns_body() {
	mirage_load hello
	mirage_is state idle
	for round in 1 2 3; do
		mirage_start
		mirage_becomes state returned
		mirage_is error ''
	done
	mirage_messages | grep 'mirage: ' >said
	for line in 'hello from hello on kfreebsd' 'slept for half a second' 'fibonacci(20) = 6765'; do
		atf_check_equal "3" "$(grep -cF "mirage: $line" said)"
	done
	mirage_done
}
returns_cleanup() {
	mirage_cleanup
}

atf_test_case one_line cleanup
one_line_head() {
	atf_set descr "loading and unloading say one line in all"
	atf_set require.user root
}
one_line_body() {
	mirage_load hello
	mirage_done
	mirage_messages >said
	atf_check -o match:'^mirage: hello \([0-9a-f]+\), version [0-9.]+$' cat said
	atf_check_equal 1 "$(grep -c . said)"
}
one_line_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case returns
	atf_add_test_case one_line
}
