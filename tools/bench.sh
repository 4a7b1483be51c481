#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make bench: see tools/bench/main.ts.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
exec node dist/bench.js
