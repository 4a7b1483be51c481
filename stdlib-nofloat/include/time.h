/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Types of C11 7.27 alone: time comes from platform.h, and the engine
 * computes dates itself.
 */
#ifndef MIRAGE_TIME_H
#define MIRAGE_TIME_H

#include <sys/types.h>

struct timespec {
	time_t tv_sec; /* seconds */
	long tv_nsec; /* nanoseconds, 0 .. 999999999 */
};

struct tm {
	int tm_sec; /* 0 .. 60 */
	int tm_min; /* 0 .. 59 */
	int tm_hour; /* 0 .. 23 */
	int tm_mday; /* 1 .. 31 */
	int tm_mon; /* 0 .. 11 */
	int tm_year; /* years since 1900 */
	int tm_wday; /* days since Sunday */
	int tm_yday; /* 0 .. 365 */
	int tm_isdst; /* negative: unknown */
};

#endif /* MIRAGE_TIME_H */
