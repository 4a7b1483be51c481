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

/* Control is held while a stop is awaited, so this may take as long. */
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
	if (value != 0 && value != 1) {
		control_refuse(p, "run", "1 starts the program, 0 stops it");
		return (EINVAL);
	}
	sx_xlock(&p->control);
	error = value == 1 ? program_start(p) : program_stop(p);
	sx_xunlock(&p->control);
	if (error == EBUSY)
		control_refuse(p, "run",
		    value == 1 ? "the program runs already" :
				 "the program does not end; it is still asked "
				 "to");
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

/* Lines of all ports, as ports_describe() makes them. */
#define NETIF_BYTES (PORTS_MAX * 96 + ADDRESS_BYTES)

static int
sysctl_netif(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	char *text = malloc(NETIF_BYTES, M_MIRAGE, M_WAITOK);
	size_t n;
	int error;

	n = ports_describe(p, text, NETIF_BYTES);
	error = SYSCTL_OUT(req, text, n + 1);
	free(text, M_MIRAGE);
	return (error);
}

enum memory { USED, PEAK, LIMIT };

/* arg2: which one. */
static int
sysctl_memory(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	uint64_t bytes = 0;

	switch ((enum memory)arg2) {
	case USED:
		bytes = __atomic_load_n(&p->memory_used, __ATOMIC_RELAXED);
		break;
	case PEAK:
		bytes = __atomic_load_n(&p->memory_peak, __ATOMIC_RELAXED);
		break;
	case LIMIT:
		mtx_lock(&p->lock);
		bytes = p->busy ? p->config.params.heap_bytes :
				  p->params.heap_bytes;
		mtx_unlock(&p->lock);
		break;
	}
	return (sysctl_handle_64(oidp, &bytes, 0, req));
}

/* arg2: its number in the runtime's table. */
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

/* "drop.queue-full" of the runtime's table is drop_queue_full here. */
static void
leaf_name(const char *name, char *out, size_t size)
{
	size_t i;

	strlcpy(out, name, size);
	for (i = 0; out[i] != '\0'; i++)
		if (out[i] == '.' || out[i] == '-')
			out[i] = '_';
}

/* Each leaf may fail, so that half a tree is never left unnoticed. */
#define LEAF(under, name, type, access, number, handler, format, help) \
	do {                                                           \
		if (SYSCTL_ADD_PROC(&context, under, OID_AUTO, name,   \
			(type) | (access) | CTLFLAG_MPSAFE, p, number, \
			handler, format, help) == NULL)                \
			return (ENOMEM);                               \
	} while (0)
#define TEXT(under, name, text, help)                                         \
	do {                                                                  \
		if (SYSCTL_ADD_STRING(&context, under, OID_AUTO, name,        \
			CTLFLAG_RD | CTLFLAG_MPSAFE, __DECONST(char *, text), \
			0, help) == NULL)                                     \
			return (ENOMEM);                                      \
	} while (0)

static int
create_stats(struct mirage_platform *p, struct sysctl_oid_list *stats)
{
	char leaf[MIRAGE_STATS_NAME_BYTES];
	const char *name, *help;
	unsigned i;

	for (i = 0; mirage_stats_describe(i, &name, &help); i++) {
		leaf_name(name, leaf, sizeof(leaf));
		LEAF(stats, leaf, CTLTYPE_U64, CTLFLAG_RD, i, sysctl_statistic,
		    "QU", help);
	}
	LEAF(stats, "defined", CTLTYPE_STRING, CTLFLAG_RD, 0, sysctl_defined,
	    "A", "Counters of frame code: name and value, a line for each");
	return (0);
}

static int
create_memory(struct mirage_platform *p, struct sysctl_oid_list *mem)
{
	LEAF(mem, "used", CTLTYPE_U64, CTLFLAG_RD, USED, sysctl_memory, "QU",
	    "Bytes that the program and its runtime hold (malloc type mirage)");
	LEAF(mem, "peak", CTLTYPE_U64, CTLFLAG_RD, PEAK, sysctl_memory, "QU",
	    "Most bytes that were held since the program's start");
	LEAF(mem, "limit", CTLTYPE_U64, CTLFLAG_RD, LIMIT, sysctl_memory, "QU",
	    "Bytes that the program's values may take: rtparam h");
	return (0);
}

int
control_create(struct mirage_platform *p)
{
	struct sysctl_oid *root, *stats, *mem;
	struct sysctl_oid_list *top;
	int error;

	sysctl_ctx_init(&context);
	root = SYSCTL_ADD_NODE(&context, SYSCTL_STATIC_CHILDREN(_kern),
	    OID_AUTO, "mirage", CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
	    "TypeScript program in the kernel");
	if (root == NULL)
		return (ENOMEM);
	top = SYSCTL_CHILDREN(root);
	LEAF(top, "run", CTLTYPE_INT, CONTROL_WRITABLE, 0, sysctl_run, "I",
	    "1 starts the program, 0 stops it");
	LEAF(top, "state", CTLTYPE_STRING, CTLFLAG_RD, 0, sysctl_state, "A",
	    "idle, running, stopping, returned, failed or over-budget");
	LEAF(top, "error", CTLTYPE_STRING, CTLFLAG_RD, 0, sysctl_error, "A",
	    "Why the last program failed, with its stack");
	LEAF(top, "uptime", CTLTYPE_U64, CTLFLAG_RD, 0, sysctl_uptime, "QU",
	    "Seconds since the program was started; 0: it does not run");
	LEAF(top, "netif", CTLTYPE_STRING, CTLFLAG_RD, 0, sysctl_netif, "A",
	    "The program's network interfaces, a line for each");
	LEAF(top, "netstat", CTLTYPE_STRING, CTLFLAG_RD | CTLFLAG_SKIP, 0,
	    sysctl_netstat, "A",
	    "Connections, listeners, neighbours, routes and counters of the "
	    "running program");
	TEXT(top, "program", p->program,
	    "Name of the program, and digest of all that it was built from");
	TEXT(top, "version", MIRAGE_VERSION, "Version of Mirage");
	TEXT(top, "osreldate", MRG_OSRELDATE,
	    "kern.osreldate that the module was built for");
	if (SYSCTL_ADD_COUNTER_U64(&context, top, OID_AUTO, "not_running",
		CTLFLAG_RD | CTLFLAG_MPSAFE, &p->not_running,
		"Frames for a program that did not run") == NULL ||
	    SYSCTL_ADD_COUNTER_U64(&context, top, OID_AUTO, "stolen",
		CTLFLAG_RD | CTLFLAG_MPSAFE, &p->stolen,
		"Frames that the host could not send on an interface that the "
		"program has taken from it") == NULL)
		return (ENOMEM);
	mem = SYSCTL_ADD_NODE(&context, top, OID_AUTO, "mem",
	    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, "Memory, in bytes");
	stats = SYSCTL_ADD_NODE(&context, top, OID_AUTO, "stats",
	    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
	    "Counters from the program's start on");
	if (mem == NULL || stats == NULL)
		return (ENOMEM);
	error = settings_create(p, &context, top);
	if (error == 0)
		error = create_memory(p, SYSCTL_CHILDREN(mem));
	if (error == 0)
		error = create_stats(p, SYSCTL_CHILDREN(stats));
	return (error);
}

/* Also when nothing was made, or not all. */
void
control_destroy(void)
{
	if (TAILQ_FIRST(&context) != NULL)
		sysctl_ctx_free(&context);
}
