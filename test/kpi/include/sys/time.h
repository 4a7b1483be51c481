/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Clocks.
 */
#ifndef KPI_SYS_TIME_H
#define KPI_SYS_TIME_H

#include <sys/types.h>
#include <kpi/kpi.h>

typedef __INT64_TYPE__ suseconds_t;
struct timeval {
	time_t tv_sec;
	suseconds_t tv_usec;
};
struct timespec {
	time_t tv_sec;
	long tv_nsec;
};
struct bintime {
	time_t sec;
	uint64_t frac;
};

#define SBT_1S	((sbintime_t)1 << 32)
#define SBT_1MS (SBT_1S / 1000)
#define SBT_1US (SBT_1S / 1000000)
#define SBT_1NS (SBT_1S / 1000000000)
#define SBT_MAX 0x7fffffffffffffffLL

static inline sbintime_t
nstosbt(int64_t ns)
{
	return ((ns / 1000000000) << 32 |
	    (sbintime_t)((((uint64_t)(ns % 1000000000) << 32) + 999999999) /
		1000000000));
}
static inline int64_t
sbttons(sbintime_t sbt)
{
	return ((sbt >> 32) * 1000000000 +
	    (int64_t)(((uint64_t)(uint32_t)sbt * 1000000000) >> 32));
}
#define mstosbt(ms)  nstosbt((int64_t)(ms) * 1000000)
#define ustosbt(us)  nstosbt((int64_t)(us) * 1000)
#define sbttoms(sbt) (sbttons(sbt) / 1000000)
#define sbttous(sbt) (sbttons(sbt) / 1000)

void nanouptime(struct timespec *) KPI_NAME(nanouptime);
void nanotime(struct timespec *) KPI_NAME(nanotime);
void microtime(struct timeval *) KPI_NAME(microtime);
void microuptime(struct timeval *) KPI_NAME(microuptime);
void binuptime(struct bintime *) KPI_NAME(binuptime);
#define getnanouptime(ts)  nanouptime(ts)
#define getnanotime(ts)	   nanotime(ts)
#define getmicrouptime(tv) microuptime(tv)
#define getmicrotime(tv)   microtime(tv)
sbintime_t sbinuptime(void) KPI_NAME(sbinuptime);
#define getsbinuptime() sbinuptime()
time_t kpi_uptime(void) KPI_NAME(uptime);
time_t kpi_second(void) KPI_NAME(second);
#define time_uptime kpi_uptime()
#define time_second kpi_second()

#endif /* KPI_SYS_TIME_H */
