/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of netgraph(4): made and given back.
 */
#include "kernel.h"

#include <netgraph/ng_message.h>

struct ng_mesg *
kpi_ng_message(
    uint32_t cookie, uint32_t command, const char *name, size_t len, int how)
{
	struct ng_mesg *m;

	if (how == M_WAITOK)
		may_sleep("NG_MKMESSAGE");
	else if (fault("NG_MKMESSAGE"))
		return (NULL);
	m = host_alloc(sizeof(*m) + len);
	m->header.version = NG_VERSION;
	m->header.typecookie = cookie;
	m->header.cmd = command;
	m->header.arglen = (uint32_t)len;
	strlcpy((char *)m->header.cmdstr, name, sizeof(m->header.cmdstr));
	thing_made(KIND_NG_MESSAGE, m, "", len);
	return (m);
}

void
kpi_ng_free_message(struct ng_mesg *m)
{
	size_t size = sizeof(*m) + m->header.arglen;

	if (thing_gone(KIND_NG_MESSAGE, m, "NG_FREE_MSG", NULL))
		memory_retire(m, size);
}
