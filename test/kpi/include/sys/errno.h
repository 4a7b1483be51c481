/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Error numbers, as the kernel has them.
 */
#ifndef KPI_SYS_ERRNO_H
#define KPI_SYS_ERRNO_H

#define EPERM		1
#define ENOENT		2
#define EINTR		4
#define EIO		5
#define ENXIO		6
#define E2BIG		7
#define ENOEXEC		8
#define EDEADLK		11
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define ENODEV		19
#define ENOTDIR		20
#define EISDIR		21
#define EINVAL		22
#define ENOSPC		28
#define ERANGE		34
#define EAGAIN		35
#define EWOULDBLOCK	EAGAIN
#define EMSGSIZE	40
#define EPROTONOSUPPORT 43
#define EOPNOTSUPP	45
#define EAFNOSUPPORT	47
#define EADDRINUSE	48
#define EADDRNOTAVAIL	49
#define ENETDOWN	50
#define ENETUNREACH	51
#define ENOBUFS		55
#define EISCONN		56
#define ENOTCONN	57
#define ETIMEDOUT	60
#define EHOSTUNREACH	65
#define ENAMETOOLONG	63
#define ENOTTY		25
#define ENOSYS		78
#define EDOOFUS		88
#define EJUSTRETURN	(-2)

#endif /* KPI_SYS_ERRNO_H */
