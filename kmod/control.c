/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * kern.mirage: the sysctls.
 *
 * All are made at run time, in one context that goes first at unload:
 * removing an OID of such a context waits for its running handlers, which
 * removing a static one does not.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/sbuf.h>
#include <sys/sysctl.h>

static struct sysctl_ctx_list context;

static const char *const states[] = {
    [MIRAGE_IDLE] = "idle",
    [MIRAGE_RUNNING] = "running",
    [MIRAGE_STOPPING] = "stopping",
    [MIRAGE_RETURNED] = "returned",
    [MIRAGE_STOPPED] = "idle",
    [MIRAGE_FAILED] = "failed",
    [MIRAGE_OVER_BUDGET] = "over-budget",
};

static int
sysctl_run(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	int value, error;

	mtx_lock(&p->lock);
	value = p->busy;
	mtx_unlock(&p->lock);
	error = sysctl_handle_int(oidp, &value, 0, req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	if (value != 0 && value != 1)
		return (EINVAL);
	sx_xlock(&p->control);
	error = value == 1 ? program_start(p) : program_stop(p);
	sx_xunlock(&p->control);
	return (error);
}

bool
control_set_rtparams(
    struct mirage_platform *p, const char *text, char *why, size_t len)
{
	struct mirage_rtparams params;

	kmod_rtparams_default(&params);
	if (!mirage_rtparams_parse(&params, text, why, len))
		return (false);
	strlcpy(p->rtparams, text, sizeof(p->rtparams));
	return (true);
}

static int
sysctl_rtparams(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	char text[RTPARAMS_BYTES], why[MIRAGE_RTPARAMS_ERROR_BYTES];
	bool good;
	int error;

	sx_slock(&p->control);
	strlcpy(text, p->rtparams, sizeof(text));
	sx_sunlock(&p->control);
	error = sysctl_handle_string(oidp, text, sizeof(text), req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	sx_xlock(&p->control);
	good = control_set_rtparams(p, text, why, sizeof(why));
	sx_xunlock(&p->control);
	if (!good)
		printf("mirage: %s\n", why);
	return (good ? 0 : EINVAL);
}

/* A decimal number of at most max; NULL if there is none. */
static const char *
skip_number(const char *at, unsigned max)
{
	unsigned value = 0, digits = 0;

	for (; *at >= '0' && *at <= '9' && digits < 4; at++, digits++)
		value = value * 10 + (unsigned)(*at - '0');
	return (digits > 0 && value <= max ? at : NULL);
}

/* "10.0.0.2", with prefix "10.0.0.2/24"; or nothing. */
static bool
is_address(const char *at, bool prefix)
{
	int i;

	if (*at == '\0')
		return (true);
	for (i = 0; i < 4; i++) {
		if (i > 0 && *at++ != '.')
			return (false);
		at = skip_number(at, 255);
		if (at == NULL)
			return (false);
	}
	if (prefix) {
		if (*at++ != '/')
			return (false);
		at = skip_number(at, 32);
	}
	return (at != NULL && *at == '\0');
}

bool
control_set_address(char *kept, const char *text, bool prefix)
{
	if (!is_address(text, prefix))
		return (false);
	strlcpy(kept, text, ADDRESS_BYTES);
	return (true);
}

/* arg2: is it the address with its prefix, or the gateway? */
static int
sysctl_address(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	char *kept = arg2 ? p->ipv4 : p->gateway;
	char text[ADDRESS_BYTES];
	int error;

	sx_slock(&p->control);
	strlcpy(text, kept, sizeof(text));
	sx_sunlock(&p->control);
	error = sysctl_handle_string(oidp, text, sizeof(text), req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	sx_xlock(&p->control);
	error = control_set_address(kept, text, arg2 != 0) ? 0 : EINVAL;
	sx_xunlock(&p->control);
	return (error);
}

static int
sysctl_state(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	enum mirage_state state;

	mtx_lock(&p->lock);
	state = program_state(p);
	mtx_unlock(&p->lock);
	return (SYSCTL_OUT(req, states[state], strlen(states[state]) + 1));
}

#define ERROR_BYTES 4096

static int
sysctl_error(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	char *text = malloc(ERROR_BYTES, M_MIRAGE, M_WAITOK);
	int error;

	mtx_lock(&p->lock);
	strlcpy(text,
	    p->instance != NULL ? mirage_instance_error(p->instance) :
				  p->failure,
	    ERROR_BYTES);
	mtx_unlock(&p->lock);
	error = SYSCTL_OUT(req, text, strlen(text) + 1);
	free(text, M_MIRAGE);
	return (error);
}

static int
sysctl_uptime(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	uint64_t seconds;

	mtx_lock(&p->lock);
	seconds = p->busy ? (uint64_t)(time_uptime - p->started) : 0;
	mtx_unlock(&p->lock);
	return (sysctl_handle_64(oidp, &seconds, 0, req));
}

static int
sysctl_netif(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	const uint8_t *mac = p->netif.mac;
	char text[96];

	snprintf(text, sizeof(text),
	    "mirage0 mac %02x:%02x:%02x:%02x:%02x:%02x mtu %u", mac[0], mac[1],
	    mac[2], mac[3], mac[4], mac[5], (unsigned)mrg_if_mtu(p->netif.ifp));
	return (SYSCTL_OUT(req, text, strlen(text) + 1));
}

static int
sysctl_statistic(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	uint64_t value = 0;
	const char *name;

	mtx_lock(&p->lock);
	if (p->instance != NULL)
		(void)mirage_stats_get(
		    p->instance, (unsigned)arg2, &name, &value);
	mtx_unlock(&p->lock);
	return (sysctl_handle_64(oidp, &value, 0, req));
}

/* Counters that frame code defines: "name value", a line for each. */
static int
sysctl_defined(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	char name[MIRAGE_STATS_NAME_BYTES];
	struct sbuf sb;
	unsigned i;
	int error = sysctl_wire_old_buffer(req, 0);

	if (error != 0)
		return (error);
	sbuf_new_for_sysctl(&sb, NULL, 256, req);
	for (i = 0;; i++) {
		const struct mirage_stats *s;
		uint64_t value = 0;
		bool some = false;

		mtx_lock(&p->lock);
		s = p->instance == NULL ? NULL :
					  mirage_instance_stats(p->instance);
		if (s != NULL && i < s->ndefined) {
			strlcpy(name, s->defined[i].name, sizeof(name));
			value = s->defined[i].value;
			some = true;
		}
		mtx_unlock(&p->lock);
		if (!some)
			break;
		sbuf_printf(&sb, "%s%s %ju", i == 0 ? "" : "\n", name,
		    (uintmax_t)value);
	}
	error = sbuf_finish(&sb);
	sbuf_delete(&sb);
	return (error);
}

static const struct {
	const char *name;
	const char *help;
} statistics[] = {
#define ROW(member, name, help) {#member, help},
    MIRAGE_STATS(ROW)
#undef ROW
    /* In the order of enum mirage_drop, as mirage_stats_get() has them. */
    {"drop_truncated", "frames that came cut off"},
    {"drop_runt", "frames shorter than an Ethernet header"},
    {"drop_oversize", "frames longer than the MTU allows"},
    {"drop_queue_full", "frames that found the program's queue full"},
    {"drop_no_buffers", "frames for which there was no memory"},
};

int
control_create(struct mirage_platform *p)
{
	struct sysctl_oid *root, *stats;
	struct sysctl_oid_list *top, *below;
	unsigned i;

	sysctl_ctx_init(&context);
	root = SYSCTL_ADD_NODE(&context, SYSCTL_STATIC_CHILDREN(_kern),
	    OID_AUTO, "mirage", CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
	    "TypeScript program in the kernel");
	if (root == NULL)
		return (ENOMEM);
	top = SYSCTL_CHILDREN(root);
#define LEAF(name, type, access, number, handler, format, help)             \
	SYSCTL_ADD_PROC(&context, top, OID_AUTO, name,                      \
	    (type) | (access) | CTLFLAG_MPSAFE, p, number, handler, format, \
	    help)
	LEAF("run", CTLTYPE_INT, CTLFLAG_RW, 0, sysctl_run, "I",
	    "1 starts the program, 0 stops it");
	LEAF("rtparams", CTLTYPE_STRING, CTLFLAG_RW, 0, sysctl_rtparams, "A",
	    "Budgets of the next start: letter=value[suffix], comma separated");
	LEAF("ipv4", CTLTYPE_STRING, CTLFLAG_RW, 1, sysctl_address, "A",
	    "IPv4 address and prefix of the program from its next start on");
	LEAF("gateway", CTLTYPE_STRING, CTLFLAG_RW, 0, sysctl_address, "A",
	    "IPv4 router of the program from its next start on");
	LEAF("args", CTLTYPE_STRING, CTLFLAG_RW, 0, sysctl_arguments, "A",
	    "Words for the program from its next start on");
	LEAF("state", CTLTYPE_STRING, CTLFLAG_RD, 0, sysctl_state, "A",
	    "idle, running, stopping, returned, failed or over-budget");
	LEAF("error", CTLTYPE_STRING, CTLFLAG_RD, 0, sysctl_error, "A",
	    "Why the last program failed, with its stack");
	LEAF("uptime", CTLTYPE_U64, CTLFLAG_RD, 0, sysctl_uptime, "QU",
	    "Seconds since the program was started; 0: it does not run");
	LEAF("netif", CTLTYPE_STRING, CTLFLAG_RD, 0, sysctl_netif, "A",
	    "The program's network interface");
#undef LEAF
	SYSCTL_ADD_STRING(&context, top, OID_AUTO, "program", CTLFLAG_RD,
	    __DECONST(char *, mirage_program.name), 0, "Name of the program");
	SYSCTL_ADD_STRING(&context, top, OID_AUTO, "build_id", CTLFLAG_RD,
	    __DECONST(char *, mirage_program.build_id), 0,
	    "Digest of all that the program was built from");
	SYSCTL_ADD_STRING(&context, top, OID_AUTO, "version", CTLFLAG_RD,
	    __DECONST(char *, MIRAGE_VERSION), 0, "Version of Mirage");
	SYSCTL_ADD_UQUAD(&context, top, OID_AUTO, "not_running", CTLFLAG_RD,
	    &p->netif.not_running, "Frames from the host while no program ran");
	SYSCTL_ADD_UQUAD(&context, top, OID_AUTO, "host_copies", CTLFLAG_RD,
	    &p->netif.copies,
	    "Pieces of frames that were copied between host and program");
	stats = SYSCTL_ADD_NODE(&context, top, OID_AUTO, "stats",
	    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
	    "Counters from the program's start on");
	if (stats == NULL)
		return (ENOMEM);
	below = SYSCTL_CHILDREN(stats);
	for (i = 0; i < nitems(statistics); i++)
		SYSCTL_ADD_PROC(&context, below, OID_AUTO, statistics[i].name,
		    CTLTYPE_U64 | CTLFLAG_RD | CTLFLAG_MPSAFE, p, i,
		    sysctl_statistic, "QU", statistics[i].help);
	SYSCTL_ADD_PROC(&context, below, OID_AUTO, "defined",
	    CTLTYPE_STRING | CTLFLAG_RD | CTLFLAG_MPSAFE, p, 0, sysctl_defined,
	    "A", "Counters of frame code, a line for each");
	return (0);
}

/* Also when nothing was made. */
void
control_destroy(void)
{
	if (TAILQ_FIRST(&context) != NULL)
		sysctl_ctx_free(&context);
}
