#! /usr/libexec/atf-sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What sysctl says was counted, and what dtrace(1) counts over the same time: from the program's start to its end.
# Variables of the script are global ones, for all of it happens in the program's thread, and dtrace(1) may lose others.

. "$(atf_get_srcdir)/mirage.subr"
. "$(atf_get_srcdir)/streams.subr"
. "$(atf_get_srcdir)/tracing.subr"

# One line for each name: what dtrace counted.  Probes, where there is one for it; else functions of the runtime, whose
# names and arguments are not promised to anybody else.
counting_script() {
	cat <<'END'
mirage:::turn-start { @["turns"] = sum(1); }
mirage:::wakeup { @["wakeups"] = sum(1); }
mirage:::stop { instructions = arg3; }
mirage:::netif-rx { @["frames_in"] = sum(1); @["bytes_in"] = sum(arg3); }
mirage:::netif-rx /arg1 != 0 && (arg4 & 512) != 0/ { @["frames_in_merged"] = sum(1); }
mirage:::netif-tx { length = arg3; cuts = (arg4 & 96) != 0; }
fbt:mirage:mirage_platform_transmit:return /(int)arg1 == 0/ {
	@["frames_out"] = sum(1); @["bytes_out"] = sum(length); @["frames_out_segmented"] = sum(cuts);
}
fbt:mirage:mirage_frame_cut:entry { @["frames_cut"] = sum(1); }
mirage:::copy { @["copies"] = sum(1); @["copies_bytes"] = sum(arg1); }
mirage:::timer { @["timers"] = sum(1); }
mirage:::gc-done { @["gc"] = sum(1); @["gc_ns"] = sum(arg1); }
mirage:::drop { @drops[stringof(arg1)] = sum(1); }
fbt:mirage:mirage_frame_code_destroy:entry { ends = 1; }
fbt:mirage:mirage_frame_code_event:return /(arg1 & 255) != 0 && !ends/ { @["events"] = sum(1); }
fbt:mirage:mirage_net_close:entry { closes = 1; }
fbt:mirage:mirage_net_close:return { closes = 0; }
fbt:mirage:mirage_platform_frame_free:entry /closes/ { @["frames_reclaimed"] = sum(1); }
fbt:mirage:mirage_frame_table_destroy:return { @["frames_reclaimed"] = sum((int)arg1); }
fbt:mirage:mirage_heap_used:return { used = arg1; }
fbt:mirage:mirage_heap_peak:return { peak = arg1; }
mirage:::count { @defined[stringof(arg0)] = sum((int)arg1); }
END {
	printf("= instructions %d\n= heap_bytes %d\n= heap_bytes_max %d\n", instructions, used, peak);
	printa("= %s %@d\n", @); printa("drop %s %@d\n", @drops); printa("count %s %@d\n", @defined);
}
END
}

# counts MODULE COMMANDS: dtrace counts from the program's start to its end, with the commands between the two.
counts() {
	mirage_load "$1"
	mirage_up
	[ -z "${rtparams-}" ] || mirage_write rtparams "$rtparams"
	counting_script >count.d
	traced counted "sysctl kern.mirage.run=1; $2; sysctl kern.mirage.run=0" -s count.d
	! grep -i drop dtrace.said || atf_fail "dtrace did not see all"
	mirage_value error
	sysctl kern.mirage.stats | sed -n 's/^kern\.mirage\.stats\.\([a-z_]*\): \([0-9][0-9]*\)$/\1 \2/p' >by-sysctl
	mirage_value stats.defined >defined
	agree
	mirage_done
}

# What a moment has, not what happened: where it changes, no probe tells how many hold the frame.
NOT_COUNTED='frames_live frames_live_max'

# agree: each statistic is what dtrace has counted, 0 if it has counted nothing.
agree() {
	awk -v skip=" $NOT_COUNTED " '
	function compare(name, value, by_dtrace) {
		by_dtrace += 0
		if (by_dtrace != value) { print name ": sysctl " value ", dtrace " by_dtrace; differ++ }
		else if (value > 0) print name, value
	}
	# dtrace: kind, name, number.  Names of drops become those of sysctl.
	FILENAME == "counted" && $1 == "drop" { gsub(/[.-]/, "_", $2); counted["drop_" $2] += $3; next }
	FILENAME == "counted" { counted[$2] += $3; next }
	FILENAME == "by-sysctl" { if (index(skip, " " $1 " ") == 0) compare($1, $2, counted[$1]); next }
	NF == 2 { compare($1, $2, counted[$1]) }
	/^drop\./ { name = $1; gsub(/[.-]/, "_", name); compare(name, $2, counted[name]) }
	END { exit differ > 0 }' counted by-sysctl defined || atf_fail "sysctl and dtrace differ"
}

# was NAME...: the load has made that happen.
was() {
	for _name; do
		grep -q "^$_name [1-9]" by-sysctl || atf_fail "there was no $_name"
	done
}

mirage_case streams "TCP, ping, garbage, timers" 600
streams_body() {
	tracing fbt
	load=$(mirage_program tcp-load) || exit
	echo "until ping -q -c 1 -t 1 $PROGRAM; do :; done; $load echo $PROGRAM 7 1 4000000; $load echo $PROGRAM 7 200 3000; ping -q -c 20 -i 0.05 -s 8000 $PROGRAM; ifconfig mirage0 -lro; $load echo $PROGRAM 7 1 1000000" >load.sh
	counts tcp-echo "sh $PWD/load.sh"
	was turns wakeups instructions frames_in frames_out frames_in_merged frames_out_segmented frames_cut copies timers events
}

mirage_case datagrams "UDP, more than the queue takes" 600
datagrams_body() {
	tracing fbt
	counts udp-echo "sleep 1; ping -q -f -c 20000 $PROGRAM; echo | nc -u -w 1 $PROGRAM 9"
	was frames_in frames_out
}

mirage_case own "its own bytes; a connection that its reader leaves" 600
own_body() {
	tracing fbt
	load=$(mirage_program tcp-load) || exit
	counts chargen "sleep 1; $load chargen $PROGRAM 19 1 2000000"
	was copies timers
}

mirage_case hoard "frames that are kept, are too many, are taken back at the end" 600
hoard_body() {
	tracing fbt
	rtparams=f=64
	counts hoarder "sleep 1; ping -q -c 100 -i 0.01 -W 500 10.0.0.255"
	was frames_reclaimed drop_frames_limit copies gc
}

atf_init_test_cases() {
	for one in $cases; do
		atf_add_test_case "$one"
	done
}
