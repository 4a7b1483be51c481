/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The stack speaks FreeBSD's error numbers on every host.
 */
#include <errno.h>
#include <stddef.h>

#include "pd.h"

static const struct {
	int stack, host;
} numbers[] = {
    {6, ENXIO},
    {9, EBADF},
    {12, ENOMEM},
    {13, EACCES},
    {22, EINVAL},
    {24, EMFILE},
    {32, EPIPE},
    {35, EAGAIN},
    {36, EINPROGRESS},
    {37, EALREADY},
    {40, EMSGSIZE},
    {42, ENOPROTOOPT},
    {45, EOPNOTSUPP},
    {47, EAFNOSUPPORT},
    {48, EADDRINUSE},
    {49, EADDRNOTAVAIL},
    {50, ENETDOWN},
    {51, ENETUNREACH},
    {53, ECONNABORTED},
    {54, ECONNRESET},
    {55, ENOBUFS},
    {56, EISCONN},
    {57, ENOTCONN},
    {60, ETIMEDOUT},
    {61, ECONNREFUSED},
    {64, EHOSTDOWN},
    {65, EHOSTUNREACH},
};

int
pd_errno(int32_t error)
{
	size_t i;

	if (error < 0)
		error = -error;
	if (error == 0)
		return (0);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].stack == error)
			return (numbers[i].host);
	return (EIO);
}

int
pd_fail(int32_t result)
{
	errno = result == INT32_MIN ? EIO : pd_errno(result);
	return (-1);
}
