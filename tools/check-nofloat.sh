#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make check-nofloat: every object that all targets share, and the frame code
# of every example.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
for example in examples/*/main.ts; do
	node dist/mirage.js build -q -o build/examples "$(dirname "$example")" || exit 1
done
# shellcheck disable=SC2046
exec node dist/check-nofloat.js build/nofloat/libmirage.a $(find build/frame -path '*/nofloat/*.o' | sort)
