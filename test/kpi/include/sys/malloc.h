/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * malloc(9).
 */
#ifndef KPI_SYS_MALLOC_H
#define KPI_SYS_MALLOC_H

#include <sys/types.h>
#include <sys/kernel.h>
#include <sys/param.h>
#include <kpi/kpi.h>

#define M_NOWAIT      0x0001
#define M_WAITOK      0x0002
#define M_ZERO	      0x0100
#define M_NOVM	      0x0200
#define M_USE_RESERVE 0x0400
#define M_NODUMP      0x0800

struct malloc_type {
	const char *ks_shortdesc;
	const char *ks_longdesc;
	uint64_t ks_inuse; /* allocations */
	uint64_t ks_bytes;
	int ks_known;
};
void malloc_init(const void *) KPI_NAME(malloc_init);
void malloc_uninit(const void *) KPI_NAME(malloc_uninit);

#define MALLOC_DECLARE(type) extern struct malloc_type type[1]
#define MALLOC_DEFINE(type, shortdesc, longdesc)                           \
	struct malloc_type type[1] = {{(shortdesc), (longdesc), 0, 0, 0}}; \
	SYSINIT(type##_init, SI_SUB_KMEM, SI_ORDER_THIRD, malloc_init,     \
	    (const void *)type);                                           \
	SYSUNINIT(type##_uninit, SI_SUB_KMEM, SI_ORDER_ANY, malloc_uninit, \
	    (const void *)type)

void *malloc(size_t, struct malloc_type *, int) KPI_NAME(malloc);
void *realloc(void *, size_t, struct malloc_type *, int) KPI_NAME(realloc);
void *reallocf(void *, size_t, struct malloc_type *, int) KPI_NAME(reallocf);
void free(void *, struct malloc_type *) KPI_NAME(free);
void zfree(void *, struct malloc_type *) KPI_NAME(zfree);
#ifndef KPI_INSIDE
#define malloc(...)    KPI_CALL(malloc, __VA_ARGS__)
#define realloc(...)   KPI_CALL(realloc, __VA_ARGS__)
#define reallocf(...)  KPI_CALL(reallocf, __VA_ARGS__)
#define free(p, type)  KPI_CALL(free, p, type)
#define zfree(p, type) KPI_CALL(zfree, p, type)
#endif
#define mallocarray(n, size, type, flags) malloc((n) * (size), type, flags)
extern struct malloc_type M_TEMP[1] KPI_NAME(M_TEMP);
extern struct malloc_type M_DEVBUF[1] KPI_NAME(M_DEVBUF);

#endif /* KPI_SYS_MALLOC_H */
