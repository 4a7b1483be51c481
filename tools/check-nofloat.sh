#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make check-nofloat: every object that all targets share, the frame code of
# every example, and mirage.ko of every example.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
for example in examples/*/main.ts; do
	program=$(dirname "$example")
	node dist/mirage.js build -q -o build/examples "$program" || exit 1
	node dist/mirage.js build -q -t kfreebsd -o "build/examples/kfreebsd/$(basename "$program")" "$program" || exit 1
done
# shellcheck disable=SC2046
exec node dist/check-nofloat.js build/nofloat/libmirage.a $(find build/frame -path '*/nofloat/*.o' | sort) \
	build/examples/kfreebsd
