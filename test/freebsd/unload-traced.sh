#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# kldunload(8) while dtrace(1) is attached, under traffic: what is traced stays, nothing panics, nothing is lost.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/tracing.subr"

rounds=$(atf_config_get traced_rounds 3)

# attach PROGRAM-TEXT: dtrace in the background, from when it says that it has begun.
attach() {
	rm -f said
	"$DTRACE" -q -o said -n "BEGIN { printf(\"begins\\n\"); } $1" >dtrace.said 2>&1 &
	tracer=$!
	_left=300
	until grep -q begins said 2>/dev/null; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || atf_fail "dtrace does not begin: $(cat dtrace.said)"
		kill -0 $tracer 2>/dev/null || atf_fail "dtrace: $(cat dtrace.said)"
		sleep 0.1
	done
}

# What Ctrl-C does, too; but a shell without a terminal has SIGINT ignored in the background.
detach() {
	kill -TERM $tracer
	wait $tracer || atf_fail "dtrace ended with $?: $(cat dtrace.said)"
}

traffic() {
	(while :; do ping -q -f -c 200 $PROGRAM; echo | nc -u -w 1 $PROGRAM 7; done) >/dev/null 2>&1 &
	noise=$!
}

quiet() {
	kill $noise
	wait $noise 2>/dev/null
	:
}

# in_use: bytes of the kernel's that dtrace(1) and modules with probes have, by type.
in_use() {
	vmstat -m | awk '$1 ~ /^(sdt|fbt|mirage|solaris|kld|linker)$/ { print $1, $2 }'
}

# kept TEXT: kldunload is refused while this script is attached, the program is stopped and can be started again; without
# the script it goes.
kept() {
	mirage_answers udp-echo
	attach "$1"
	traffic
	sleep 1
	for _flag in '' -f; do
		# shellcheck disable=SC2086
		! kldunload $_flag -n mirage 2>refused || atf_fail "kldunload $_flag: the module is gone"
		kldstat -q -n mirage.ko || atf_fail "the module is gone"
		mirage_becomes state idle
		mirage_start
		mirage_waits
	done
	quiet
	detach
	[ "$(wc -l <said)" -gt 1 ] || atf_fail "dtrace has seen nothing: $(cat said)"
	mirage_unload
	mirage_nothing_left
}

# again COMMAND...: several times; from the second on the kernel has as much memory in use after as before.
again() {
	"$@"
	in_use >before
	_round=1
	while [ $_round -lt "$rounds" ]; do
		_round=$((_round + 1))
		"$@"
	done
	in_use >after
	cat after
	atf_check -o empty diff before after
}

mirage_case sdt "probes of the table, all enabled" 600
sdt_body() {
	tracing
	again kept 'mirage::: { @[probename] = count(); }'
}

mirage_case fbt "functions of the module" 600
fbt_body() {
	tracing fbt
	again kept 'fbt:mirage:mirage_*:entry { @[probefunc] = count(); }'
}

mirage_case profile "a script that enables no probe of the module, and has its stacks" 600
profile_body() {
	tracing profile
	again kept 'profile-997 { @[stack()] = count(); }'
}

atf_init_test_cases() {
	for one in $cases; do
		atf_add_test_case "$one"
	done
}
