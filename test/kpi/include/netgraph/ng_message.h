/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of netgraph(4).
 */
#ifndef KPI_NETGRAPH_NG_MESSAGE_H
#define KPI_NETGRAPH_NG_MESSAGE_H

#include <sys/malloc.h>
#include <sys/param.h>
#include <kpi/kpi.h>

#define NG_TYPESIZ   32
#define NG_HOOKSIZ   32
#define NG_NODESIZ   32
#define NG_PATHSIZ   512
#define NG_CMDSTRSIZ 32
#define NG_VERSION   8

typedef uint32_t ng_ID_t;

struct ng_mesg {
	struct {
		u_char version;
		u_char spare;
		uint16_t spare2;
		uint32_t arglen;
		uint32_t cmd;
		uint32_t flags;
		uint32_t token;
		uint32_t typecookie;
		u_char cmdstr[NG_CMDSTRSIZ];
	} header;
	char data[];
};

#define NGF_ORIG 0x00000000
#define NGF_RESP 0x00000001

#define NGM_GENERIC_COOKIE 1137070366
enum {
	NGM_SHUTDOWN = 1,
	NGM_MKPEER = 2,
	NGM_CONNECT = 3,
	NGM_RMHOOK = 5,
};
#define NGM_FLOW_COOKIE 851672669
enum {
	NGM_LINK_IS_UP = 32,
	NGM_LINK_IS_DOWN = 33,
};
struct ngm_connect {
	char path[NG_PATHSIZ];
	char ourhook[NG_HOOKSIZ];
	char peerhook[NG_HOOKSIZ];
};
struct ngm_rmhook {
	char ourhook[NG_HOOKSIZ];
};

struct ng_mesg *kpi_ng_message(uint32_t cookie, uint32_t command,
    const char *name, size_t len, int how) KPI_NAME(ng_message);
void kpi_ng_free_message(struct ng_mesg *) KPI_NAME(ng_free_message);
#define NG_MKMESSAGE(msg, cookie, cmdid, len, how) \
	((msg) = KPI_CALL(kpi_ng_message, cookie, cmdid, #cmdid, len, how))
#define NG_FREE_MSG(msg)                                    \
	do {                                                \
		if ((msg) != NULL)                          \
			KPI_CALL(kpi_ng_free_message, msg); \
		(msg) = NULL;                               \
	} while (0)

#endif /* KPI_NETGRAPH_NG_MESSAGE_H */
