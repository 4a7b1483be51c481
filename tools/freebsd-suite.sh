#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The tests of mirage.ko (test/freebsd) with all that they load, in one folder
# that any FreeBSD machine of that version runs, by hand or under kyua:
#
#	sh tools/freebsd-suite.sh DIR [--only MODULE,...] [options of mirage build -t kfreebsd]
#	(on FreeBSD, as root)  sh DIR/run.sh, or sh DIR/compare.sh
#	mirage vm-test --image IMG DIR

set -eu
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
case ${1-} in
'' | -*)
	sed -n 's/^#	*\(sh tools\)/usage: \1/p' "$0" >&2
	exit 64
	;;
esac
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
only=
if [ "${1-}" = --only ]; then
	only=,${2:?which modules?},
	shift 2
fi

cp "$root"/test/freebsd/*.sh "$root"/test/freebsd/*.subr "$root/test/freebsd/Kyuafile" "$folder/"
mkdir -p "$folder/dtrace"
cp -R "$root"/dtrace/. "$folder/dtrace/"
chmod +x "$folder"/*.sh
grep -v '^#' "$root/test/freebsd/modules.txt" | while read -r name program; do
	case ${only:-,$name,} in
	*",$name,"*) ;;
	*) continue ;;
	esac
	sh "$root/tools/mirage" build -q -t kfreebsd "$@" -o "$folder/modules/$name" "$root/$program" </dev/null
done
# A program that was built for another engine.
[ -n "$only" ] || sh "$root/tools/with-node.sh" node "$root/test/freebsd/other-engine.mjs" \
	"$folder/modules/hello/mirage.ko" "$folder/modules/other-engine/mirage.ko"
# What compare.sh does.
sh "$root/tools/with-node.sh" node "$root/dist/compare-plan.js" >"$folder/compare.plan"

# Programs of the guest that need no library, so that one compiler serves every version.
compiler=${CLANG:-$(command -v clang-19 || command -v clang || echo cc)}
mkdir -p "$folder/modules/programs"
# guest_program NAME FILE...
guest_program() {
	name=$1
	shift
	"$compiler" --target=x86_64-unknown-freebsd -O2 -Wall -Wextra -Werror -ffreestanding -fno-stack-protector \
		-fno-builtin -nostdlib -static -fuse-ld=lld -Wl,-m,elf_x86_64_fbsd -I "$root/test/freebsd/guest" \
		-o "$folder/modules/programs/$name" "$@"
}
for source in "$root"/test/freebsd/guest/*.c; do
	guest_program "$(basename "$source" .c)" "$source"
done
guest_program net-load "$root"/tools/compare/load/*.c
