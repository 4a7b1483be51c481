#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A raised securelevel.  Only a boot lowers it, and nothing can be loaded or
# unloaded till then, so this wants to be asked for: MIRAGE_SECURELEVEL=yes, or
# kyua -v test_suites.mirage.securelevel=yes.  It is the last of all tests.

. "$(atf_get_srcdir)/mirage.subr"

atf_test_case raised cleanup
raised_head() {
	atf_set descr "at a securelevel above 0 nothing is started, stopped or set"
	atf_set require.user root
}
raised_body() {
	[ "$(atf_config_get securelevel no)" = yes ] ||
		atf_skip "it raises the securelevel until the next boot; MIRAGE_SECURELEVEL=yes allows it"
	mirage_load talker
	mirage_write args 'burst 1'
	mirage_start
	atf_check -o ignore sysctl kern.securelevel=1
	for write in run=0 run=1 rtparams=i=1M ipv4=10.0.0.2/24 gateway= args=x; do
		atf_check -s not-exit:0 -o ignore -e match:'Operation not permitted' sysctl kern.mirage.$write
	done
	mirage_is state running
	mirage_is args 'burst 1'
	atf_check -s not-exit:0 -o ignore -e match:'Operation not permitted' kldunload mirage
}
raised_cleanup() {
	:
}

atf_init_test_cases() {
	atf_add_test_case raised
}
