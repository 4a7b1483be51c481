#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel's floating-point state is its users': a program that computes
# with doubles in the kernel changes no register of theirs.

. "$(atf_get_srcdir)/mirage.subr"

seconds=$(atf_config_get fpu_seconds 8)

atf_test_case canary_sees cleanup
canary_sees_head() {
	atf_set descr "the canary sees one register change"
}
canary_sees_body() {
	canary=$(mirage_program fpu-canary) || exit
	atf_check -s exit:1 -o match:'changes [1-9]' "$canary" 2 plant
	atf_check -o not-match:'changes [1-9]' "$canary" 1
}
canary_sees_cleanup() {
	:
}

atf_test_case doubles cleanup
doubles_head() {
	atf_set descr "no register of a user's process changes while the program computes with doubles under traffic"
	atf_set require.user root
}
doubles_body() {
	canary=$(mirage_program fpu-canary) || exit
	echoes=$(mirage_program udp-echoes) || exit
	mirage_answers doubles
	"$canary" "$seconds" >watched &
	watcher=$!
	while kill -0 $watcher 2>/dev/null; do
		atf_check -o ignore "$echoes" $PROGRAM 7 100 4 256
	done
	atf_check wait $watcher
	atf_check -o match:'rounds [1-9]' -o not-match:'changes [1-9]' cat watched
	cat watched
	echo "datagrams: $(mirage_value stats.frames_in)"
	mirage_is state running
	mirage_done
}
doubles_cleanup() {
	mirage_cleanup
}

atf_init_test_cases() {
	atf_add_test_case canary_sees
	atf_add_test_case doubles
}
