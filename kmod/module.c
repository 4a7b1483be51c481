/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mirage.ko from load to unload.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/module.h>

static struct mirage_platform platform;

/* What loader.conf(5) or kenv(1) say; what is wrong there is not taken. */
static void
fetch_tunables(struct mirage_platform *p, int *autostart)
{
	char text[RTPARAMS_BYTES], why[MIRAGE_RTPARAMS_ERROR_BYTES];

	*autostart = 0;
	TUNABLE_INT_FETCH("kern.mirage.autostart", autostart);
	if (TUNABLE_STR_FETCH("kern.mirage.rtparams", text, sizeof(text)) &&
	    !control_set_rtparams(p, text, why, sizeof(why)))
		printf("mirage: tunable kern.mirage.rtparams: %s\n", why);
	if (TUNABLE_STR_FETCH("kern.mirage.ipv4", text, sizeof(text)) &&
	    !control_set_address(p->ipv4, text, true))
		printf("mirage: tunable kern.mirage.ipv4: not an address "
		       "with its prefix, as 10.0.0.2/24\n");
	if (TUNABLE_STR_FETCH("kern.mirage.args", text, sizeof(text)) &&
	    !arguments_set(p, text))
		printf("mirage: tunable kern.mirage.args: 32 words at most, "
		       "no control characters\n");
	if (TUNABLE_STR_FETCH("kern.mirage.gateway", text, sizeof(text)) &&
	    !control_set_address(p->gateway, text, false))
		printf("mirage: tunable kern.mirage.gateway: not an address, "
		       "as 10.0.0.1\n");
}

/*
 * The parts in the order in which they are made; each is destroyed by itself,
 * whatever came up.  The sysctls are the last and go first, for everything
 * else is theirs to use.
 */
static int
load(struct mirage_platform *p)
{
	int autostart, error;

	sx_init(&p->control, "mirage control");
	mtx_init(&p->lock, "mirage", NULL, MTX_DEF);
	strlcpy(p->ipv4, "10.0.0.2/24", sizeof(p->ipv4));
	fetch_tunables(p, &autostart);
	error = frames_create();
	if (error == 0)
		error = netif_create(p);
	if (error == 0)
		error = runner_create(p);
	if (error == 0)
		error = control_create(p);
	if (error == 0)
		printf("mirage: %s (%s), version " MIRAGE_VERSION "\n",
		    mirage_program.name, mirage_program.build_id);
	if (error == 0 && autostart == 1) {
		sx_xlock(&p->control);
		(void)program_start(p);
		sx_xunlock(&p->control);
	}
	return (error);
}

/*
 * Can the module go?  Ends the program; what the host still holds of its
 * memory (packets in a socket that nobody reads) keeps the module.
 */
static int
quiesce(struct mirage_platform *p)
{
	int error, tries;

	sx_xlock(&p->control);
	mtx_lock(&p->lock);
	p->unloading = true;
	mtx_unlock(&p->lock);
	error = program_stop(p);
	for (tries = 0; error == 0 && frames_outstanding() > 0; tries++) {
		if (tries == 20)
			error = EBUSY;
		else
			pause("mrgheld", hz / 10 + 1);
	}
	/* Who gave back the last piece may still be on its way out. */
	pause("mrgheld", hz / 20 + 1);
	if (error != 0) {
		mtx_lock(&p->lock);
		p->unloading = false;
		mtx_unlock(&p->lock);
		printf("mirage: cannot be unloaded now: %s\n",
		    frames_outstanding() > 0 ?
			"packets of the program wait in the host" :
			"the program does not end");
	}
	sx_xunlock(&p->control);
	return (error);
}

static void
unload(struct mirage_platform *p)
{
	control_destroy();
	netif_destroy(p);
	runner_destroy(p);
	frames_destroy();
	mtx_destroy(&p->lock);
	sx_destroy(&p->control);
	memset(p, 0, sizeof(*p));
}

static int
handler(module_t module, int what, void *argument)
{
	static bool loaded;
	int error;

	switch (what) {
	case MOD_LOAD:
		error = load(&platform);
		if (error != 0) {
			unload(&platform);
			return (error);
		}
		loaded = true;
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
		unload(&platform);
		loaded = false;
		return (0);
	case MOD_SHUTDOWN:
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t mirage_module = {"mirage", handler, NULL};

DECLARE_MODULE(mirage, mirage_module, SI_SUB_PSEUDO, SI_ORDER_ANY);
MODULE_VERSION(mirage, 1);
