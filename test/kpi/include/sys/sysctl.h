/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * sysctl(9).
 */
#ifndef KPI_SYS_SYSCTL_H
#define KPI_SYS_SYSCTL_H

#include <sys/kernel.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <kpi/kpi.h>

#define CTLTYPE	       0xf
#define CTLTYPE_NODE   1
#define CTLTYPE_INT    2
#define CTLTYPE_STRING 3
#define CTLTYPE_S64    4
#define CTLTYPE_OPAQUE 5
#define CTLTYPE_STRUCT CTLTYPE_OPAQUE
#define CTLTYPE_UINT   6
#define CTLTYPE_LONG   7
#define CTLTYPE_ULONG  8
#define CTLTYPE_U64    9
#define CTLTYPE_U8     0xa
#define CTLTYPE_U16    0xb
#define CTLTYPE_S32    0xe
#define CTLTYPE_U32    0xf

#define CTLFLAG_RD	  0x80000000
#define CTLFLAG_WR	  0x40000000
#define CTLFLAG_RW	  (CTLFLAG_RD | CTLFLAG_WR)
#define CTLFLAG_ANYBODY	  0x10000000
#define CTLFLAG_SECURE	  0x08000000
#define CTLFLAG_PRISON	  0x04000000
#define CTLFLAG_DYN	  0x02000000
#define CTLFLAG_SKIP	  0x01000000
#define CTLMASK_SECURE	  0x00F00000
#define CTLSHIFT_SECURE	  20
#define CTLFLAG_SECURE1	  (CTLFLAG_SECURE | (0 << CTLSHIFT_SECURE))
#define CTLFLAG_SECURE2	  (CTLFLAG_SECURE | (1 << CTLSHIFT_SECURE))
#define CTLFLAG_SECURE3	  (CTLFLAG_SECURE | (2 << CTLSHIFT_SECURE))
#define CTLFLAG_TUN	  0x00080000
#define CTLFLAG_RDTUN	  (CTLFLAG_RD | CTLFLAG_TUN)
#define CTLFLAG_RWTUN	  (CTLFLAG_RW | CTLFLAG_TUN)
#define CTLFLAG_MPSAFE	  0x00040000
#define CTLFLAG_VNET	  0x00020000
#define CTLFLAG_DYING	  0x00010000
#define CTLFLAG_CAPRD	  0x00008000
#define CTLFLAG_CAPWR	  0x00004000
#define CTLFLAG_STATS	  0x00002000
#define CTLFLAG_NOFETCH	  0x00001000
#define CTLFLAG_NEEDGIANT 0x00000800
#define OID_AUTO	  (-1)

struct sysctl_req;
struct sysctl_oid;
#define SYSCTL_HANDLER_ARGS                                 \
	struct sysctl_oid *oidp, void *arg1, intmax_t arg2, \
	    struct sysctl_req *req

struct sysctl_req {
	struct thread *td;
	int lock;
	void *oldptr;
	size_t oldlen;
	size_t oldidx;
	int (*oldfunc)(struct sysctl_req *, const void *, size_t);
	const void *newptr;
	size_t newlen;
	size_t newidx;
	int (*newfunc)(struct sysctl_req *, void *, size_t);
	size_t validlen;
	int flags;
};

SLIST_HEAD(sysctl_oid_list, sysctl_oid);
struct sysctl_oid {
	struct sysctl_oid_list oid_children;
	struct sysctl_oid_list *oid_parent;
	SLIST_ENTRY(sysctl_oid) oid_link;
	int oid_number;
	u_int oid_kind;
	void *oid_arg1;
	intmax_t oid_arg2;
	const char *oid_name;
	int (*oid_handler)(SYSCTL_HANDLER_ARGS);
	const char *oid_fmt;
	int oid_refcnt;
	u_int oid_running;
	const char *oid_descr;
	const struct kpi_place *oid_place;
};

struct sysctl_ctx_entry {
	struct sysctl_oid *entry;
	TAILQ_ENTRY(sysctl_ctx_entry) link;
};
TAILQ_HEAD(sysctl_ctx_list, sysctl_ctx_entry);

int sysctl_ctx_init(struct sysctl_ctx_list *) KPI_NAME(sysctl_ctx_init);
int sysctl_ctx_free(struct sysctl_ctx_list *) KPI_NAME(sysctl_ctx_free);
struct sysctl_oid *sysctl_add_oid(struct sysctl_ctx_list *,
    struct sysctl_oid_list *, int nbr, const char *name, int kind, void *arg1,
    intmax_t arg2, int (*handler)(SYSCTL_HANDLER_ARGS), const char *fmt,
    const char *descr, const char *label) KPI_NAME(sysctl_add_oid);
int sysctl_remove_oid(struct sysctl_oid *, int, int)
    KPI_NAME(sysctl_remove_oid);
void sysctl_register_oid(struct sysctl_oid *) KPI_NAME(sysctl_register_oid);
void sysctl_unregister_oid(struct sysctl_oid *) KPI_NAME(sysctl_unregister_oid);
int sysctl_wire_old_buffer(struct sysctl_req *, size_t)
    KPI_NAME(sysctl_wire_old_buffer);
int sysctl_handle_int(SYSCTL_HANDLER_ARGS) KPI_NAME(sysctl_handle_int);
int sysctl_handle_bool(SYSCTL_HANDLER_ARGS) KPI_NAME(sysctl_handle_bool);
int sysctl_handle_long(SYSCTL_HANDLER_ARGS) KPI_NAME(sysctl_handle_long);
int sysctl_handle_64(SYSCTL_HANDLER_ARGS) KPI_NAME(sysctl_handle_64);
int sysctl_handle_string(SYSCTL_HANDLER_ARGS) KPI_NAME(sysctl_handle_string);
int sysctl_handle_opaque(SYSCTL_HANDLER_ARGS) KPI_NAME(sysctl_handle_opaque);
int sysctl_handle_counter_u64(SYSCTL_HANDLER_ARGS)
    KPI_NAME(sysctl_handle_counter_u64);
#ifndef KPI_INSIDE
#define sysctl_add_oid(...) KPI_CALL(sysctl_add_oid, __VA_ARGS__)
#define sysctl_ctx_free(c)  KPI_CALL(sysctl_ctx_free, c)
#endif

int kpi_sysctl_out(struct sysctl_req *, const void *, size_t)
    KPI_NAME(sysctl_out);
int kpi_sysctl_in(struct sysctl_req *, void *, size_t) KPI_NAME(sysctl_in);
#define SYSCTL_OUT(req, p, len) KPI_CALL(kpi_sysctl_out, req, p, len)
#define SYSCTL_IN(req, p, len)	KPI_CALL(kpi_sysctl_in, req, p, len)
#define SYSCTL_OUT_STR(req, s)	SYSCTL_OUT(req, s, strlen(s) + 1)

#define SYSCTL_CHILDREN(oid)	     (&(oid)->oid_children)
#define SYSCTL_STATIC_CHILDREN(name) (&sysctl_##name.oid_children)
#define SYSCTL_DECL(name)	     extern struct sysctl_oid sysctl_##name
extern struct sysctl_oid sysctl__kern KPI_NAME(sysctl__kern);
extern struct sysctl_oid sysctl__net KPI_NAME(sysctl__net);
extern struct sysctl_oid sysctl__net_link KPI_NAME(sysctl__net_link);
extern struct sysctl_oid sysctl__debug KPI_NAME(sysctl__debug);
extern struct sysctl_oid sysctl__vm KPI_NAME(sysctl__vm);

#define SYSCTL_ADD_OID(                                        \
    ctx, parent, nbr, name, kind, a1, a2, handler, fmt, descr) \
	sysctl_add_oid(                                        \
	    ctx, parent, nbr, name, kind, a1, a2, handler, fmt, descr, NULL)
#define SYSCTL_ADD_NODE(ctx, parent, nbr, name, access, handler, descr)       \
	sysctl_add_oid(ctx, parent, nbr, name, CTLTYPE_NODE | (access), NULL, \
	    0, handler, "N", descr, NULL)
#define SYSCTL_ADD_PROC(                                                \
    ctx, parent, nbr, name, access, ptr, arg, handler, fmt, descr)      \
	sysctl_add_oid(ctx, parent, nbr, name, (int)(access), ptr, arg, \
	    handler, fmt, descr, NULL)
#define SYSCTL_ADD_STRING(ctx, parent, nbr, name, access, arg, len, descr) \
	sysctl_add_oid(ctx, parent, nbr, name,                             \
	    (int)(CTLTYPE_STRING | (access)), arg, len,                    \
	    (sysctl_handle_string), "A", descr, NULL)
#define KPI_SYSCTL_ADD(                                                        \
    type, handler, fmt, ctx, parent, nbr, name, access, ptr, val, descr)       \
	sysctl_add_oid(ctx, parent, nbr, name,                                 \
	    (int)((type) | CTLFLAG_MPSAFE | (access)), ptr, val, handler, fmt, \
	    descr, NULL)
#define SYSCTL_ADD_INT(...) \
	KPI_SYSCTL_ADD(CTLTYPE_INT, sysctl_handle_int, "I", __VA_ARGS__)
#define SYSCTL_ADD_UINT(...) \
	KPI_SYSCTL_ADD(CTLTYPE_UINT, sysctl_handle_int, "IU", __VA_ARGS__)
#define SYSCTL_ADD_ULONG(ctx, parent, nbr, name, access, ptr, descr)         \
	KPI_SYSCTL_ADD(CTLTYPE_ULONG, sysctl_handle_long, "LU", ctx, parent, \
	    nbr, name, access, ptr, 0, descr)
#define SYSCTL_ADD_QUAD(ctx, parent, nbr, name, access, ptr, descr)          \
	KPI_SYSCTL_ADD(CTLTYPE_S64, sysctl_handle_64, "Q", ctx, parent, nbr, \
	    name, access, ptr, 0, descr)
#define SYSCTL_ADD_UQUAD(ctx, parent, nbr, name, access, ptr, descr)          \
	KPI_SYSCTL_ADD(CTLTYPE_U64, sysctl_handle_64, "QU", ctx, parent, nbr, \
	    name, access, ptr, 0, descr)
#define SYSCTL_ADD_U64 SYSCTL_ADD_UQUAD_VAL
#define SYSCTL_ADD_UQUAD_VAL(...) \
	KPI_SYSCTL_ADD(CTLTYPE_U64, sysctl_handle_64, "QU", __VA_ARGS__)
#define SYSCTL_ADD_BOOL(...) \
	KPI_SYSCTL_ADD(CTLTYPE_U8, sysctl_handle_bool, "CU", __VA_ARGS__)
#define SYSCTL_ADD_COUNTER_U64(ctx, parent, nbr, name, access, ptr, descr) \
	KPI_SYSCTL_ADD(CTLTYPE_U64, sysctl_handle_counter_u64, "QU", ctx,  \
	    parent, nbr, name, access, ptr, 0, descr)

#define SYSCTL_OID_RAW(                                         \
    id, parentid, nbr, name, kind, a1, a2, handler, fmt, descr) \
	struct sysctl_oid id = {                                \
	    .oid_parent = &parentid.oid_children,               \
	    .oid_number = (nbr),                                \
	    .oid_kind = (u_int)(kind),                          \
	    .oid_arg1 = (a1),                                   \
	    .oid_arg2 = (a2),                                   \
	    .oid_name = (name),                                 \
	    .oid_handler = (handler),                           \
	    .oid_fmt = (fmt),                                   \
	    .oid_descr = (descr),                               \
	};                                                      \
	DATA_SET(sysctl_set, id)
#define SYSCTL_NODE(parent, nbr, name, access, handler, descr)                \
	SYSCTL_OID_RAW(sysctl_##parent##_##name, sysctl_##parent, nbr, #name, \
	    CTLTYPE_NODE | (access), NULL, 0, handler, "N", descr)
#define SYSCTL_PROC(parent, nbr, name, access, ptr, arg, handler, fmt, descr) \
	static SYSCTL_OID_RAW(sysctl_##parent##_##name, sysctl_##parent, nbr, \
	    #name, access, ptr, arg, handler, fmt, descr)
#define SYSCTL_INT(parent, nbr, name, access, ptr, val, descr)                \
	static SYSCTL_OID_RAW(sysctl_##parent##_##name, sysctl_##parent, nbr, \
	    #name, CTLTYPE_INT | CTLFLAG_MPSAFE | (access), ptr, val,         \
	    (sysctl_handle_int), "I", descr)
#define SYSCTL_STRING(parent, nbr, name, access, arg, len, descr)             \
	static SYSCTL_OID_RAW(sysctl_##parent##_##name, sysctl_##parent, nbr, \
	    #name, CTLTYPE_STRING | CTLFLAG_MPSAFE | (access), arg, len,      \
	    (sysctl_handle_string), "A", descr)

#endif /* KPI_SYS_SYSCTL_H */
