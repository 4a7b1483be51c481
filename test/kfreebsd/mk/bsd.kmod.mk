# SPDX-License-Identifier: BSD-2-Clause
#
# Stands in, in tests, for FreeBSD's makefile of this name: compiles SRCS with
# the flags that kernels have and links them with OBJS.  HEADERS has flags that
# point to a kernel's headers.

OBJS+=	${SRCS:N*.h:R:S/$/.o/}

.SUFFIXES: .c .o
.c.o:
	${CC} --target=x86_64-unknown-freebsd ${CFLAGS} -O2 -g -std=gnu99 -D_KERNEL -DKLD_MODULE -nostdinc \
	    -mcmodel=kernel -mno-red-zone -mno-mmx -mno-sse -msoft-float -ffreestanding -fwrapv \
	    -fno-strict-aliasing -fno-common -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer \
	    -fno-asynchronous-unwind-tables -Wall -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	    -Wcast-qual -Wundef -Werror ${HEADERS} -c ${.IMPSRC} -o ${.TARGET}

all: ${KMOD}.ko

${KMOD}.ko: ${OBJS}
	${LD} -m elf_x86_64_fbsd -r -o ${.TARGET} ${OBJS}

.MAIN: all
