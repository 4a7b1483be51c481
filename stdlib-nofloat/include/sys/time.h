/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The type alone: time comes from platform.h.
 */
#ifndef MIRAGE_SYS_TIME_H
#define MIRAGE_SYS_TIME_H

#include <sys/types.h>

struct timeval {
	time_t tv_sec; /* seconds */
	long tv_usec; /* microseconds, 0 .. 999999 */
};

#endif /* MIRAGE_SYS_TIME_H */
