/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Scripts run commands: sysctl to set the stack's parameters, sockstat to look
 * at states.  Those that tools/packetdrill puts in the way of the host's leave
 * what they were asked in the file "commands" of a folder (--so_flags
 * control=DIR) and print what lies in the file "sockets" there; both ends look
 * at each other's file when they are called.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pd.h"

#define STATES 11

/* FreeBSD's names, in its order. */
static const char *const states[STATES] = {"CLOSED", "LISTEN", "SYN_SENT",
    "SYN_RCVD", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_1", "CLOSING",
    "LAST_ACK", "FIN_WAIT_2", "TIME_WAIT"};
enum {
	STATE_CLOSED = 0,
	STATE_LISTEN = 1,
	STATE_SYN_RECEIVED = 3,
	STATE_TIME_WAIT = 10,
};

/* FreeBSD's parameters that the stack has.  Others say what is so anyway. */
static const struct {
	const char *name;
	enum tcp_tuning tuning;
} tunings[] = {
    {"net.inet.tcp.rfc1323", TUNING_EXTENSIONS},
    {"net.inet.tcp.sack.enable", TUNING_SACK},
    {"net.inet.tcp.rexmit_drop_options", TUNING_DROP_OPTIONS},
    {"net.inet.tcp.insecure_rst", TUNING_INSECURE_RESET},
    {"net.inet.tcp.insecure_syn", TUNING_INSECURE_SYN},
    {"net.inet.tcp.drop_synfin", TUNING_DROP_SYN_FIN},
    {"net.inet.tcp.icmp_may_rst", TUNING_ICMP_MAY_RESET},
    {"kern.ipc.maxsockbuf", TUNING_RECEIVE_BUFFER_MAX},
    {"net.inet.tcp.keepinit", TUNING_CONNECT_MS},
    {"net.inet.tcp.ecn.enable", TUNING_ECN},
    {"net.inet.tcp.ecn.maxretries", TUNING_ECN_RETRANSMISSIONS},
};

static FILE *
open_file(const struct pd *pd, const char *name, const char *mode)
{
	char path[sizeof(pd->control) + 32];

	snprintf(path, sizeof(path), "%s/%s", pd->control, name);
	return (fopen(path, mode));
}

/* "sysctl NAME=VALUE" */
static void
command(struct pd *pd, char *line)
{
	char *value = strchr(line, '=');
	size_t i;

	if (strncmp(line, "sysctl ", 7) != 0 || value == NULL)
		return;
	*value++ = '\0';
	for (i = 0; i < sizeof(tunings) / sizeof(tunings[0]); i++)
		if (strcmp(line + 7, tunings[i].name) == 0)
			pd_tune(pd, tunings[i].tuning,
			    (uint32_t)strtoul(value, NULL, 10));
}

void
pd_tune(struct pd *pd, enum tcp_tuning tuning, uint32_t value)
{
	pd->tuned[tuning] = value;
	(void)STACK_CALL(pd->stack, "tcp_tune", (uint32_t)tuning, value);
}

void
pd_control_read(struct pd *pd)
{
	char line[256];
	FILE *file;

	if (pd->control[0] == '\0')
		return;
	file = open_file(pd, "commands", "r");
	if (file == NULL)
		return;
	(void)fseek(file, pd->commands, SEEK_SET);
	while (fgets(line, sizeof(line), file) != NULL)
		command(pd, line);
	pd->commands = ftell(file);
	fclose(file);
}

static void
line(FILE *file, uint32_t state)
{
	fprintf(file, "root     packetdril %d tcp %s\n", 1, states[state]);
}

/*
 * Flows that no descriptor has (in the SYN cache, in TIME-WAIT) are the
 * stack's to count; the others are counted here.
 */
void
pd_control_write(struct pd *pd)
{
	static const uint32_t counted[] = {STATE_SYN_RECEIVED, STATE_TIME_WAIT};
	const struct socket *so;
	uint32_t state;
	FILE *file;
	int32_t n;
	size_t i;

	if (pd->control[0] == '\0')
		return;
	file = open_file(pd, "sockets", "w");
	if (file == NULL)
		return;
	for (i = 0; i < SOCKETS; i++) {
		so = &pd->sockets[i];
		if (so->state == SOCKET_FREE || so->datagrams)
			continue;
		if (so->state == SOCKET_NEW || so->state == SOCKET_OVER)
			state = STATE_CLOSED;
		else if (so->state == SOCKET_LISTENING)
			state = STATE_LISTEN;
		else
			state = pd_get(pd, so, FIELD_STATE);
		if (state < STATES && state != STATE_SYN_RECEIVED &&
		    state != STATE_TIME_WAIT)
			line(file, state);
	}
	for (i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		for (n = STACK_CALL(pd->stack, "tcp_count", counted[i]); n > 0;
		    n--)
			line(file, counted[i]);
	fclose(file);
}
