#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Tests of mirage.ko in a FreeBSD kernel, as root:
#
#	sh run.sh [-v] [SUBJECT[:CASE]...]
#
# without names, all.  Each subject is a file *.sh beside this one, in the form
# of atf-sh(3), so that kyua(1) runs the same with the Kyuafile.  The modules
# are in the folder that MIRAGE_MODULES names, or in modules/ beside this file.
# -v shows what each case printed, also of those that pass.
#
# Exit code: 0, or 1 if a case failed, or 64: no such case.

ATF_SRCDIR=$(cd "$(dirname "$0")" && pwd)
export ATF_SRCDIR

verbose=
if [ "${1-}" = -v ]; then
	verbose=yes
	shift
fi

in_shell() {
	file=$1
	shift
	sh -c '. "$ATF_SRCDIR/atf.subr"; . "$1"; shift; "$@"' sh "$ATF_SRCDIR/$file.sh" "$@"
}

# The parent first: it must not go on to what it does when its child has ended.
kill_tree() {
	children=$(pgrep -P "$1")
	kill -9 "$1" 2>/dev/null
	for child in $children; do
		(kill_tree "$child")
	done
}

# The subjects: the cheap ones first, as the Kyuafile has them.
subjects() {
	sed -n 's/^atf_test_program.*name="\([^"]*\)\.sh".*/\1/p' "$ATF_SRCDIR/Kyuafile"
}

passed=0
failed=0
skipped=0

report() {
	log=$work/log
	case $result in
	passed)
		passed=$((passed + 1))
		echo "ok - $1 ($2 s)"
		[ -z "$verbose" ] || sed 's/^/    /' "$log"
		;;
	skipped)
		skipped=$((skipped + 1))
		echo "skipped - $1: $reason"
		;;
	*)
		failed=$((failed + 1))
		sed 's/^/    /' "$log"
		echo "not ok - $1: $reason"
		;;
	esac
}

# In a folder of its own, with a time limit; then its cleanup, whatever came.
run_case() {
	echo "-- $1:$2"
	work=$(mktemp -d /tmp/mirage-test.XXXXXX) || exit 1
	ATF_RESULT=$work/result
	export ATF_RESULT
	mkdir "$work/folder"
	begin=$(date +%s)
	limit=$(in_shell "$1" _atf_timeout "$2")
	(cd "$work/folder" && in_shell "$1" _atf_body "$2") >"$work/log" 2>&1 </dev/null &
	body=$!
	(
		# A sleep that was killed means that the case is over.
		sleep "${limit:-300}" || exit
		echo "out of time" >"$work/late"
		kill_tree $body
	) >/dev/null 2>&1 &
	watch=$!
	wait $body
	kill_tree $watch
	wait $watch 2>/dev/null
	result= reason=
	if [ -f "$work/late" ]; then
		result=failed reason="out of time: $limit s"
	elif [ -f "$ATF_RESULT" ]; then
		{ read -r result; read -r reason; } <"$ATF_RESULT"
	else
		result=failed reason="the test ended without a result"
	fi
	(cd "$work/folder" && in_shell "$1" _atf_cleanup "$2") >>"$work/log" 2>&1 </dev/null
	report "$1:$2" $(($(date +%s) - begin))
	rm -rf "$work"
}

# "subject" is all of its cases.
cases_of() {
	subject=${1%%:*}
	if [ ! -f "$ATF_SRCDIR/$subject.sh" ]; then
		echo "$1: there is no $subject.sh; there is: $(subjects | tr '\n' ' ')" >&2
		exit 64
	fi
	all=$(in_shell "$subject" _atf_list)
	if [ "$1" = "$subject" ]; then
		echo "$all"
	elif echo "$all" | grep -qxF -e "${1#*:}"; then
		echo "${1#*:}"
	else
		echo "$1: no such case; there is:" $all >&2
		exit 64
	fi
}

[ $# -gt 0 ] || set -- $(subjects)
for name; do
	cases_of "$name" >/dev/null || exit
done
for name; do
	for case in $(cases_of "$name"); do
		run_case "${name%%:*}" "$case"
	done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
