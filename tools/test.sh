#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make test: linters, then tests; fails if either does.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
lint=0
sh tools/lint.sh || lint=$?
node_modules/.bin/vitest run || exit $?
if [ "$lint" -ne 0 ]; then
	echo "The tests pass, but the linters found something: see above, or make lint." >&2
fi
exit "$lint"
