/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Addresses of sockets.
 */
#ifndef KPI_SYS_SOCKET_H
#define KPI_SYS_SOCKET_H

#include <sys/types.h>
#define AF_UNSPEC 0
#define AF_INET	  2
#define AF_LINK	  18
#define AF_INET6  28
struct sockaddr {
	unsigned char sa_len;
	unsigned char sa_family;
	char sa_data[14];
};

#endif /* KPI_SYS_SOCKET_H */
