#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Formatters, linters and type checks for both languages.  Prints what is wrong
# and goes on to the next, so that one run shows everything.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
bin=node_modules/.bin
status=0

step() {
	printf '==> lint: %s\n' "$1" >&2
	shift
	"$@" || status=1
}

c_files() {
	find runtime stdlib-nofloat kmod dtrace tools test examples -name '*.[ch]' -type f ! -path '*/build/*' | sort
}

format_c() {
	if ! command -v clang-format-19 >/dev/null 2>&1; then
		echo "skipped: no clang-format-19 (apt-get install clang-format-19)" >&2
		return 0
	fi
	c_files | xargs clang-format-19 --dry-run -Werror
}

# Programs are checked as the build checks them: their globals are ours, not Node's.
programs() {
	for one in examples/*/main.ts test/*/programs/*.ts test/*/programs/*/main.ts test/lib/es-features/*.ts; do
		case $one in
		*'*'* | *.frame.ts) ;;
		*) printf '%s\n' "$one" ;;
		esac
	done
}

step biome $bin/biome check --diagnostic-level=warn .
step clang-format format_c
step "tsc (command, tools, tests)" $bin/tsc --noEmit -p .
for project in src/framecode src/stack test/stack; do
	[ ! -f $project/tsconfig.json ] || step "tsc ($project)" $bin/tsc --noEmit -p $project
done
# shellcheck disable=SC2046
step "tsc (programs)" node dist/check-programs.js $(programs)
exit $status
