/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Locks that may be held while asleep, shared or exclusive.
 */
#ifndef KPI_SYS_SX_H
#define KPI_SYS_SX_H

#include <sys/lock.h>
#include <sys/pcpu.h>

struct sx {
	struct lock_object lock_object;
};

#define SX_DUPOK    0x01
#define SX_RECURSE  0x08
#define SX_NEW	    0x40
#define SA_LOCKED   1
#define SA_SLOCKED  2
#define SA_XLOCKED  4
#define SA_UNLOCKED 8

void sx_init_flags(struct sx *, const char *, int) KPI_NAME(sx_init_flags);
void sx_destroy(struct sx *) KPI_NAME(sx_destroy);
void sx_xlock(struct sx *) KPI_NAME(sx_xlock);
int sx_try_xlock(struct sx *) KPI_NAME(sx_try_xlock);
int sx_xlock_sig(struct sx *) KPI_NAME(sx_xlock_sig);
void sx_xunlock(struct sx *) KPI_NAME(sx_xunlock);
void sx_slock(struct sx *) KPI_NAME(sx_slock);
int sx_try_slock(struct sx *) KPI_NAME(sx_try_slock);
void sx_sunlock(struct sx *) KPI_NAME(sx_sunlock);
void sx_assert(const struct sx *, int) KPI_NAME(sx_assert);
int sx_xlocked(const struct sx *) KPI_NAME(sx_xlocked);

#ifndef KPI_INSIDE
#define sx_init(sx, name)  KPI_CALL(sx_init_flags, sx, name, 0)
#define sx_init_flags(...) KPI_CALL(sx_init_flags, __VA_ARGS__)
#define sx_destroy(sx)	   KPI_CALL(sx_destroy, sx)
#define sx_xlock(sx)	   KPI_CALL(sx_xlock, sx)
#define sx_try_xlock(sx)   KPI_CALL(sx_try_xlock, sx)
#define sx_xlock_sig(sx)   KPI_CALL(sx_xlock_sig, sx)
#define sx_xunlock(sx)	   KPI_CALL(sx_xunlock, sx)
#define sx_slock(sx)	   KPI_CALL(sx_slock, sx)
#define sx_try_slock(sx)   KPI_CALL(sx_try_slock, sx)
#define sx_sunlock(sx)	   KPI_CALL(sx_sunlock, sx)
#define sx_assert(sx, w)   KPI_CALL(sx_assert, sx, w)
#endif
#define sx_unlock(sx)                   \
	do {                            \
		if (sx_xlocked(sx))     \
			sx_xunlock(sx); \
		else                    \
			sx_sunlock(sx); \
	} while (0)
#define SX_SYSINIT(name, sx, description)                                    \
	static void kpi_sx_init_##name(const void *unused __unused)          \
	{                                                                    \
		sx_init((sx), (description));                                \
	}                                                                    \
	static void kpi_sx_fini_##name(const void *unused __unused)          \
	{                                                                    \
		sx_destroy(sx);                                              \
	}                                                                    \
	SYSINIT(name##_sx, SI_SUB_LOCK, SI_ORDER_MIDDLE, kpi_sx_init_##name, \
	    NULL);                                                           \
	SYSUNINIT(name##_sxu, SI_SUB_LOCK, SI_ORDER_MIDDLE,                  \
	    kpi_sx_fini_##name, NULL)

#endif /* KPI_SYS_SX_H */
