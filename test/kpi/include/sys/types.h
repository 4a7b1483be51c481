/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Types that everything uses.
 */
#ifndef KPI_SYS_TYPES_H
#define KPI_SYS_TYPES_H

#include <sys/cdefs.h>
#include <sys/stdint.h>

#ifndef NULL
#define NULL ((void *)0)
#endif

typedef __SIZE_TYPE__ size_t;
typedef __INT64_TYPE__ ssize_t;
typedef __INT64_TYPE__ off_t;
typedef __INT64_TYPE__ time_t;
typedef __INT64_TYPE__ sbintime_t;
typedef __INT32_TYPE__ pid_t;
typedef __INT32_TYPE__ lwpid_t;
typedef __UINT32_TYPE__ uid_t;
typedef __UINT32_TYPE__ gid_t;
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef __UINT8_TYPE__ u_int8_t;
typedef __UINT16_TYPE__ u_int16_t;
typedef __UINT32_TYPE__ u_int32_t;
typedef __UINT64_TYPE__ u_int64_t;
typedef __UINT64_TYPE__ u_quad_t;
typedef __INT64_TYPE__ quad_t;
typedef char *caddr_t;
typedef const char *c_caddr_t;
typedef __UINT64_TYPE__ vm_offset_t;
typedef __UINT64_TYPE__ vm_paddr_t;
typedef __UINT64_TYPE__ vm_size_t;
typedef __UINT16_TYPE__ __be16;
typedef __UINT64_TYPE__ *counter_u64_t;
typedef struct ifnet *if_t;

#ifndef __cplusplus
typedef _Bool bool;
#define true			      1
#define false			      0
#define __bool_true_false_are_defined 1
#endif

struct thread;
struct proc;
struct mbuf;
struct ifnet;

#endif /* KPI_SYS_TYPES_H */
