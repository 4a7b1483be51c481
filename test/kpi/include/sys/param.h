/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sizes and limits of this kernel.
 */
#ifndef KPI_SYS_PARAM_H
#define KPI_SYS_PARAM_H

#define __FreeBSD_version 1400507

#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/errno.h>
#include <sys/stddef.h>

#define PAGE_SIZE    4096
#define PAGE_SHIFT   12
#define PAGE_MASK    (PAGE_SIZE - 1)
#define MAXPHYS	     (1024 * 1024)
#define MAXPATHLEN   1024
#define MAXCOMLEN    19
#define MSIZE	     256
#define MCLBYTES     2048
#define MJUMPAGESIZE PAGE_SIZE
#define MJUM9BYTES   (9 * 1024)
#define MJUM16BYTES  (16 * 1024)

#define PRI_MIN_KERN  48
#define PZERO	      88
#define PVM	      84
#define PWAIT	      100
#define PI_NET	      4
#define PCATCH	      0x100
#define PDROP	      0x200
#define PRIMASK	      0x0ff
#define PRI_UNCHANGED (-1)
#define PRI_USER      (-2)

#define MIN(a, b)	 (((a) < (b)) ? (a) : (b))
#define MAX(a, b)	 (((a) > (b)) ? (a) : (b))
#define nitems(x)	 (sizeof(x) / sizeof((x)[0]))
#define howmany(x, y)	 (((x) + ((y) - 1)) / (y))
#define roundup(x, y)	 ((((x) + ((y) - 1)) / (y)) * (y))
#define roundup2(x, y)	 (((x) + ((y) - 1)) & ~((y) - 1))
#define rounddown(x, y)	 (((x) / (y)) * (y))
#define rounddown2(x, y) ((x) & ~((y) - 1))
#define powerof2(x)	 ((((x) - 1) & (x)) == 0)

#include <sys/endian.h>

#endif /* KPI_SYS_PARAM_H */
