/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Mutexes.
 */
#ifndef KPI_SYS_MUTEX_H
#define KPI_SYS_MUTEX_H

#include <sys/lock.h>
#include <sys/pcpu.h>

struct mtx {
	struct lock_object lock_object;
};

#define MTX_DEF	    0x0
#define MTX_SPIN    0x1
#define MTX_RECURSE 0x4
#define MTX_NEW	    0x100
#define MTX_DUPOK   0x400000

#define MA_OWNED    4
#define MA_NOTOWNED 8
#define MA_RECURSED 0x10

void mtx_init(struct mtx *, const char *, const char *, int) KPI_NAME(mtx_init);
void mtx_destroy(struct mtx *) KPI_NAME(mtx_destroy);
void mtx_lock(struct mtx *) KPI_NAME(mtx_lock);
int mtx_trylock(struct mtx *) KPI_NAME(mtx_trylock);
void mtx_unlock(struct mtx *) KPI_NAME(mtx_unlock);
int mtx_owned(const struct mtx *) KPI_NAME(mtx_owned);
int mtx_initialized(const struct mtx *) KPI_NAME(mtx_initialized);
void mtx_assert(const struct mtx *, int) KPI_NAME(mtx_assert);

#ifndef KPI_INSIDE
#define mtx_init(...)	   KPI_CALL(mtx_init, __VA_ARGS__)
#define mtx_destroy(m)	   KPI_CALL(mtx_destroy, m)
#define mtx_lock(m)	   KPI_CALL(mtx_lock, m)
#define mtx_trylock(m)	   KPI_CALL(mtx_trylock, m)
#define mtx_unlock(m)	   KPI_CALL(mtx_unlock, m)
#define mtx_lock_spin(m)   KPI_CALL(mtx_lock, m)
#define mtx_unlock_spin(m) KPI_CALL(mtx_unlock, m)
#define mtx_assert(m, w)   KPI_CALL(mtx_assert, m, w)
#endif
#define mtx_name(m) ((m)->lock_object.lo_name)
#define MTX_SYSINIT(name, m, description, options)                             \
	static void kpi_mtx_init_##name(const void *unused __unused)           \
	{                                                                      \
		mtx_init((m), (description), NULL, (options));                 \
	}                                                                      \
	static void kpi_mtx_fini_##name(const void *unused __unused)           \
	{                                                                      \
		mtx_destroy(m);                                                \
	}                                                                      \
	SYSINIT(name##_mtx, SI_SUB_LOCK, SI_ORDER_MIDDLE, kpi_mtx_init_##name, \
	    NULL);                                                             \
	SYSUNINIT(name##_mtxu, SI_SUB_LOCK, SI_ORDER_MIDDLE,                   \
	    kpi_mtx_fini_##name, NULL)

extern struct mtx Giant KPI_NAME(Giant);

#endif /* KPI_SYS_MUTEX_H */
