/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Zones of items of one size.
 */
#ifndef KPI_VM_UMA_H
#define KPI_VM_UMA_H

#include <sys/malloc.h>
#include <kpi/kpi.h>
typedef struct uma_zone *uma_zone_t;
typedef int (*uma_ctor)(void *, int, void *, int);
typedef void (*uma_dtor)(void *, int, void *);
typedef int (*uma_init)(void *, int, int);
typedef void (*uma_fini)(void *, int);
#define UMA_ALIGN_PTR	(sizeof(void *) - 1)
#define UMA_ALIGN_CACHE 63
#define UMA_ALIGNOF(t)	(_Alignof(t) - 1)
#define UMA_ZONE_ZINIT	0x2
#define UMA_ZONE_NOFREE 0x0020
uma_zone_t uma_zcreate(const char *, size_t, uma_ctor, uma_dtor, uma_init,
    uma_fini, int align, uint32_t flags) KPI_NAME(uma_zcreate);
void uma_zdestroy(uma_zone_t) KPI_NAME(uma_zdestroy);
void *uma_zalloc_arg(uma_zone_t, void *, int) KPI_NAME(uma_zalloc_arg);
void uma_zfree_arg(uma_zone_t, void *, void *) KPI_NAME(uma_zfree_arg);
int uma_zone_get_cur(uma_zone_t) KPI_NAME(uma_zone_get_cur);
int uma_zone_set_max(uma_zone_t, int) KPI_NAME(uma_zone_set_max);
void uma_prealloc(uma_zone_t, int) KPI_NAME(uma_prealloc);
void uma_zone_reclaim(uma_zone_t, int) KPI_NAME(uma_zone_reclaim);
#ifndef KPI_INSIDE
#define uma_zcreate(...)     KPI_CALL(uma_zcreate, __VA_ARGS__)
#define uma_zdestroy(z)	     KPI_CALL(uma_zdestroy, z)
#define uma_zalloc(z, flags) KPI_CALL(uma_zalloc_arg, z, NULL, flags)
#define uma_zfree(z, item)   KPI_CALL(uma_zfree_arg, z, item, NULL)
#define uma_zalloc_arg(...)  KPI_CALL(uma_zalloc_arg, __VA_ARGS__)
#endif

#endif /* KPI_VM_UMA_H */
