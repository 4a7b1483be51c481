#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs a command with the Node that tools/setup.sh found or fetched in PATH.

root=$(cd "$(dirname "$0")/.." && pwd)
if [ -x "$root/build/node/mirage/bin/node" ]; then
	PATH=$root/build/node/mirage/bin:$PATH
	export PATH
fi
exec "$@"
