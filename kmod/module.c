/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mirage.ko from load to unload.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/eventhandler.h>
#include <sys/linker.h>
#include <sys/module.h>
#include <sys/syslog.h>

#include <netgraph/ng_message.h>
#include <netgraph/netgraph.h>

static struct mirage_platform platform;
static linker_file_t file; /* that this module is of */
static eventhandler_tag mountroot_tag, unload_tag;

static void
start_by_itself(void *argument)
{
	struct mirage_platform *p = argument;
	int error;

	sx_xlock(&p->control);
	error = program_start(p);
	sx_xunlock(&p->control);
	if (error != 0)
		log(LOG_ERR, "mirage: autostart: error %d\n", error);
}

/*
 * Ends the program.  What the host still holds of its memory (packets in a
 * socket that nobody reads) keeps the module: then EBUSY.  control held.
 */
static int
come_to_rest(struct mirage_platform *p)
{
	int error, tries;

	error = program_stop(p);
	if (error != 0) {
		log(LOG_NOTICE,
		    "mirage: cannot be unloaded now: the program "
		    "does not end\n");
		return (error);
	}
	for (tries = 0; frames_outstanding() > 0; tries++) {
		if (tries == 20) {
			log(LOG_NOTICE,
			    "mirage: cannot be unloaded now: packets of the "
			    "program wait in the host\n");
			return (EBUSY);
		}
		pause("mrgheld", hz / 10 + 1);
	}
	return (0);
}

/*
 * Before anybody else hears of it: sdt(4) forgets a module's probes for good
 * when it hears that the module is to go, even if the module then stays.
 */
static void
unload_try(void *argument, linker_file_t which, int *error)
{
	struct mirage_platform *p = argument;

	if (which != file || *error != 0)
		return;
	sx_xlock(&p->control);
	*error = come_to_rest(p);
	sx_xunlock(&p->control);
}

/*
 * The parts in the order in which they are made; each is destroyed by itself,
 * whatever came up.  The sysctls are the last and go first, for everything
 * else is theirs to use.
 */
static int
load(struct mirage_platform *p)
{
	int error;

	sx_init(&p->control, "mirage control");
	sx_init(&p->asking, "mirage netstat");
	mtx_init(&p->lock, "mirage", NULL, MTX_DEF);
	strlcpy(p->ipv4, "10.0.0.2/24", sizeof(p->ipv4));
	kmod_rtparams_default(&p->params);
	snprintf(p->program, sizeof(p->program), "%s %s", mirage_program.name,
	    mirage_program.build_id);
	settings_fetch(p);
	error = frames_create();
	if (error == 0)
		error = netif_create(p);
	if (error == 0)
		error = runner_create(p);
	if (error == 0)
		error = control_create(p);
	if (error != 0)
		return (error);
	unload_tag = EVENTHANDLER_REGISTER(
	    kld_unload_try, unload_try, p, EVENTHANDLER_PRI_FIRST);
	printf("mirage: %s (%s), version " MIRAGE_VERSION "\n",
	    mirage_program.name, mirage_program.build_id);
	if (p->autostart == 0)
		return (0);
	/* The boot loader loads before there is a file system or network. */
	if (root_mounted())
		start_by_itself(p);
	else
		mountroot_tag = EVENTHANDLER_REGISTER(
		    mountroot, start_by_itself, p, EVENTHANDLER_PRI_LAST);
	return (0);
}

/* Can the module go?  Nothing is started any more if it can. */
static int
quiesce(struct mirage_platform *p)
{
	int error;

	sx_xlock(&p->control);
	mtx_lock(&p->lock);
	p->unloading = true;
	mtx_unlock(&p->lock);
	error = come_to_rest(p);
	if (error != 0) {
		mtx_lock(&p->lock);
		p->unloading = false;
		mtx_unlock(&p->lock);
	}
	sx_xunlock(&p->control);
	/* Who gave back the last piece may still be on its way out. */
	pause("mrgheld", hz / 20 + 1);
	return (error);
}

static void
unload(struct mirage_platform *p)
{
	if (mountroot_tag != NULL)
		EVENTHANDLER_DEREGISTER(mountroot, mountroot_tag);
	if (unload_tag != NULL)
		EVENTHANDLER_DEREGISTER(kld_unload_try, unload_tag);
	mountroot_tag = unload_tag = NULL;
	control_destroy();
	netif_destroy(p);
	runner_destroy(p);
	frames_destroy();
	mtx_destroy(&p->lock);
	sx_destroy(&p->asking);
	sx_destroy(&p->control);
	memset(p, 0, sizeof(*p));
}

static int
handle(module_t module, int what)
{
	static bool loaded;
	int error;

	switch (what) {
	case MOD_LOAD:
		file = module_file(module);
		error = load(&platform);
		if (error != 0) {
			/* kldload(8) gets another error, and not this one. */
			printf("mirage: cannot be loaded: error %d\n", error);
			unload(&platform);
			return (error);
		}
		loaded = true;
		probes_create(module_file(module));
		return (0);
	case MOD_QUIESCE:
		return (loaded ? quiesce(&platform) : 0);
	case MOD_UNLOAD:
		/* Also after a load that failed. */
		if (!loaded)
			return (0);
		/* kldunload -f does not heed what QUIESCE says. */
		error = quiesce(&platform);
		if (error != 0)
			return (error);
		probes_destroy();
		unload(&platform);
		loaded = false;
		return (0);
	case MOD_SHUTDOWN:
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

/* Modules are asked with Giant held, which nothing here wants. */
static int
handler(module_t module, int what, void *argument)
{
	int error;

	MRG_DROP_GIANT();
	error = handle(module, what);
	MRG_PICKUP_GIANT();
	return (error);
}

static moduledata_t mirage_module = {"mirage", handler, NULL};

DECLARE_MODULE(mirage, mirage_module, SI_SUB_PSEUDO, SI_ORDER_ANY);
MODULE_VERSION(mirage, 1);
MODULE_DEPEND(mirage, netgraph, NG_ABI_VERSION, NG_ABI_VERSION, NG_ABI_VERSION);
MODULE_DEPEND(mirage, ng_ether, 1, 1, 1);
