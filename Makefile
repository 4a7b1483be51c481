# For GNU make and BSD make alike: no conditionals, no functions, no pattern rules.
#
#	make run	sets everything up and runs examples/udp-echo on a tap device
#	make test	sets everything up and runs linters and tests
#	make bench	measures, and prints a table
#	make transfers	sends 100 MB by TCP over each of many bad links in memory
#	make check-nofloat
#			looks for floating-point instructions in all objects
#	make packetdrill-so
#			the stack as a shared library for packetdrill
#	make build	the command and the shared objects, without running anything
#	make lint	formatters, linters, type checks
#	make clean	removes what was built; what was fetched stays
#	make distclean	removes what was fetched too (not apt's packages)

.POSIX:

WITH_NODE = sh tools/with-node.sh

all: build

build:
	@sh tools/setup.sh run

run:
	@sh tools/setup.sh run
	@sh tools/run-example.sh

test:
	@sh tools/setup.sh test
	@$(WITH_NODE) sh tools/test.sh

lint:
	@sh tools/setup.sh test
	@$(WITH_NODE) sh tools/lint.sh

bench:
	@sh tools/setup.sh test
	@$(WITH_NODE) sh tools/bench.sh

transfers:
	@sh tools/setup.sh test
	@$(WITH_NODE) node dist/transfers.js

check-nofloat:
	@sh tools/setup.sh test
	@$(WITH_NODE) sh tools/check-nofloat.sh

packetdrill-so:
	@sh tools/setup.sh run
	@$(WITH_NODE) node dist/harness-build.js packetdrill

clean:
	rm -rf dist runtime/addon/build test/kpi/addon/build
	for d in build/* build/.setup; do \
		case $$d in build/node | build/lizard | build/freebsd-headers) ;; *) rm -rf "$$d" ;; esac; done

distclean: clean
	rm -rf build node_modules

.PHONY: all build run test lint bench transfers check-nofloat packetdrill-so clean distclean
