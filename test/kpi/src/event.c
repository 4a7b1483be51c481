/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * EVENTHANDLER(9).
 */
#include "kernel.h"
#include "ifnet.h"

#include <sys/eventhandler.h>
#include <sys/linker.h>

#include <net/vnet.h>

struct eventhandler_entry {
	char *name;
	void *function;
	void *argument;
	int priority;
	int running; /* big lock */
	bool dead;
	struct eventhandler_entry *next;
};

static struct eventhandler_entry *handlers; /* by priority; big lock */
bool is_root_mounted = true;

eventhandler_tag
kpi_event_register(
    const char *name, void *function, void *argument, int priority)
{
	struct eventhandler_entry *e, **at;

	may_sleep("EVENTHANDLER_REGISTER");
	if (fault("EVENTHANDLER_REGISTER"))
		return (NULL);
	e = host_alloc(sizeof(*e));
	e->name = copy_string(name);
	e->function = function;
	e->argument = argument;
	e->priority = priority;
	thing_made(KIND_EVENTHANDLER, e, e->name, sizeof(*e));
	big_lock();
	for (at = &handlers; *at != NULL && (*at)->priority <= priority;
	    at = &(*at)->next)
		;
	e->next = *at;
	*at = e;
	big_unlock();
	return (e);
}

/* Waits for those that run it now. */
void
kpi_event_deregister(const char *name, eventhandler_tag e)
{
	struct eventhandler_entry **at;

	may_sleep("EVENTHANDLER_DEREGISTER");
	if (!thing_gone(KIND_EVENTHANDLER, e, "EVENTHANDLER_DEREGISTER", NULL))
		return;
	if (!strings_equal(e->name, name))
		violation("a handler of %s is deregistered in %s as one of %s",
		    e->name, place_text(here()), name);
	big_lock();
	for (at = &handlers; *at != e; at = &(*at)->next)
		;
	*at = e->next;
	while (e->running > 0)
		host_cond_wait_for(changed, big, 10000000);
	big_unlock();
	host_free(e->name);
	host_free(e);
}

/* The next handler of an event after one; the first after none. */
static struct eventhandler_entry *
next_handler(const char *name, struct eventhandler_entry *after)
{
	struct eventhandler_entry *e;

	big_lock();
	for (e = after == NULL ? handlers : after->next; e != NULL; e = e->next)
		if (strings_equal(e->name, name)) {
			e->running++;
			break;
		}
	if (after != NULL)
		after->running--;
	host_cond_broadcast(changed);
	big_unlock();
	return (e);
}

#define EACH(e, name) \
	for (e = next_handler(name, NULL); e != NULL; e = next_handler(name, e))

void
event_load(struct linker_file *file)
{
	struct eventhandler_entry *e;

	EACH(e, "kld_load")
	((kpi_event_kld_load)(uintptr_t)e->function)(e->argument, file);
}

void
event_unload_try(struct linker_file *file, int *error)
{
	struct eventhandler_entry *e;

	EACH(e, "kld_unload_try")
	((kpi_event_kld_unload_try)(uintptr_t)e->function)(
	    e->argument, file, error);
}

void
event_ifnet(const char *name, struct ifnet *ifp)
{
	struct vnet *saved = curvnet;
	struct eventhandler_entry *e;

	curvnet = ifp->vnet;
	EACH(e, name)
	((kpi_event_ifnet_arrival_event)(uintptr_t)e->function)(
	    e->argument, ifp);
	curvnet = saved;
}

void
event_ifnet_int(const char *name, struct ifnet *ifp, int what)
{
	struct vnet *saved = curvnet;
	struct eventhandler_entry *e;

	curvnet = ifp->vnet;
	EACH(e, name)
	((kpi_event_ifnet_event)(uintptr_t)e->function)(e->argument, ifp, what);
	curvnet = saved;
}

int
root_mounted(void)
{
	return (is_root_mounted);
}

void
event_fire_mountroot(void)
{
	struct eventhandler_entry *e;

	is_root_mounted = true;
	EACH(e, "mountroot")
	((kpi_event_mountroot)(uintptr_t)e->function)(e->argument);
}
