/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * if_clone(9), in its new and its old form.
 */
#include "kernel.h"
#include "ifnet.h"

#include <net/if_clone.h>
#include <net/vnet.h>

struct if_clone {
	char name[IFNAMSIZ];
	struct if_clone_addreq request;
	ifcs_create_t *simple_create; /* the old form */
	ifcs_destroy_t *simple_destroy;
	unsigned least; /* units that cannot be destroyed */
	unsigned users; /* calls that are on their way to it; big lock */
	bool detached;
	struct if_clone *next;
};

static struct if_clone *cloners;

static struct if_clone *
attach(const char *name)
{
	struct if_clone *c, *other;

	may_sleep("ifc_attach_cloner");
	if (curvnet == NULL)
		violation("a cloner is attached in %s without a vnet",
		    place_text(here()));
	if (fault("ifc_attach_cloner"))
		return (NULL);
	for (other = cloners; other != NULL; other = other->next)
		if (strings_equal(other->name, name))
			return (NULL);
	c = host_alloc(sizeof(*c));
	strlcpy(c->name, name, sizeof(c->name));
	c->next = cloners;
	cloners = c;
	thing_made(KIND_CLONER, c, "cloner", sizeof(*c));
	return (c);
}

struct if_clone *
ifc_attach_cloner(const char *name, struct if_clone_addreq *request)
{
	struct if_clone *c = attach(name);

	if (c != NULL)
		c->request = *request;
	return (c);
}

/* It stays as long as somebody is on his way to it, as the kernel's does. */
static void
unuse(struct if_clone *c)
{
	bool last;

	big_lock();
	last = --c->users == 0 && c->detached;
	big_unlock();
	if (last)
		host_free(c);
}

/* Takes an interface from its cloner: only one may destroy it. */
static struct if_clone *
unlink_interface(struct ifnet *ifp)
{
	struct if_clone *c;

	big_lock();
	c = ifp->cloner;
	ifp->cloner = NULL;
	if (c != NULL)
		c->users++;
	big_unlock();
	return (c);
}

/* Bits of units in use, of the interfaces that there are. */
static bool
unit_used(struct if_clone *c, unsigned unit)
{
	char name[IFNAMSIZ];
	struct ifnet *ifp;

	snprintf(name, sizeof(name), "%s%u", c->name, unit);
	ifp = interface_find(name);
	if (ifp == NULL)
		return (false);
	if_rele(ifp);
	return (true);
}

static int
create(struct if_clone *c, unsigned unit, struct ifc_data *data,
    struct ifnet **made)
{
	char name[IFNAMSIZ];
	struct ifc_data none = {0};
	struct ifnet *ifp = NULL;
	int error;

	if (data == NULL)
		data = &none;
	data->unit = unit;
	snprintf(name, sizeof(name), "%s%u", c->name, unit);
	witness_enter("if_cloners_lock", true);
	witness_leave("if_cloners_lock");
	if (c->simple_create != NULL) {
		error = c->simple_create(c, (int)unit, NULL);
		if (error == 0)
			ifp = interface_find(name);
		if (ifp != NULL)
			if_rele(ifp);
	} else {
		error = c->request.create_f(c, name, sizeof(name), data, &ifp);
	}
	if (error == 0 && ifp == NULL) {
		violation("the cloner %s made no interface", c->name);
		return (ENXIO);
	}
	if (error == 0)
		ifp->cloner = c;
	if (error == 0 && made != NULL)
		*made = ifp;
	return (error);
}

struct if_clone *
if_clone_simple(const char *name, ifcs_create_t *create_f,
    ifcs_destroy_t *destroy_f, u_int least)
{
	struct if_clone *c = attach(name);
	unsigned i;

	if (c == NULL)
		return (NULL);
	c->simple_create = create_f;
	c->simple_destroy = destroy_f;
	c->least = least;
	for (i = 0; i < least; i++)
		(void)create(c, i, NULL, NULL);
	return (c);
}

static int
destroy(struct if_clone *c, struct ifnet *ifp, uint32_t flags)
{
	if (c->simple_destroy != NULL) {
		if ((unsigned)ifp->unit < c->least &&
		    (flags & IFC_F_FORCE) == 0)
			return (EINVAL);
		c->simple_destroy(ifp);
		return (0);
	}
	return (c->request.destroy_f(c, ifp, flags));
}

void
ifc_detach_cloner(struct if_clone *c)
{
	struct if_clone **at;
	struct ifnet *ifp;

	may_sleep("ifc_detach_cloner");
	if (!thing_is(KIND_CLONER, c)) {
		thing_gone(KIND_CLONER, c, "ifc_detach_cloner", NULL);
		return;
	}
	big_lock();
	for (at = &cloners; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	big_unlock();
	for (;;) {
		big_lock();
		for (ifp = interfaces; ifp != NULL; ifp = ifp->next)
			if (ifp->cloner == c)
				break;
		if (ifp != NULL)
			ifp->cloner = NULL;
		big_unlock();
		if (ifp == NULL)
			break;
		if (destroy(c, ifp, IFC_F_FORCE) != 0)
			violation("the cloner %s does not destroy an interface "
				  "when it is detached",
			    c->name);
	}
	thing_gone(KIND_CLONER, c, "ifc_detach_cloner", NULL);
	big_lock();
	c->users++;
	c->detached = true;
	big_unlock();
	unuse(c);
}

void
if_clone_detach(struct if_clone *c)
{
	ifc_detach_cloner(c);
}

static struct if_clone *
match(const char *name, unsigned *unit, bool *any)
{
	struct if_clone *c;
	size_t len;

	big_lock();
	for (c = cloners; c != NULL; c = c->next) {
		const char *at;

		len = strlen(c->name);
		if (strncmp(c->name, name, len) != 0)
			continue;
		*any = name[len] == '\0';
		for (*unit = 0, at = name + len; *at >= '0' && *at <= '9'; at++)
			*unit = *unit * 10 + (unsigned)(*at - '0');
		if (*at == '\0')
			break;
	}
	if (c != NULL)
		c->users++;
	big_unlock();
	return (c);
}

static int
create_named(struct if_clone *c, unsigned unit, bool any, struct ifc_data *data,
    struct ifnet **made)
{
	if (any)
		for (unit = 0; unit_used(c, unit); unit++)
			;
	if (unit_used(c, unit))
		return (EEXIST);
	if ((c->request.flags & IFC_F_LIMITUNIT) != 0 &&
	    unit > c->request.maxunit)
		return (ENOSPC);
	return (create(c, unit, data, made));
}

int
ifc_create_ifp(const char *name, struct ifc_data *data, struct ifnet **made)
{
	struct if_clone *c;
	unsigned unit;
	bool any;
	int error;

	may_sleep("ifc_create_ifp");
	if (curvnet == NULL)
		violation(
		    "ifc_create_ifp in %s without a vnet", place_text(here()));
	c = match(name, &unit, &any);
	if (c == NULL)
		return (EINVAL);
	error = create_named(c, unit, any, data, made);
	unuse(c);
	return (error);
}

int
if_clone_create(char *name, size_t size, caddr_t params)
{
	struct ifnet *ifp = NULL;
	int error = ifc_create_ifp(name, NULL, &ifp);

	if (error == 0)
		strlcpy(name, ifp->name, size);
	return (error);
}

int
if_clone_destroy(const char *name)
{
	struct ifnet *ifp = interface_find(name);
	struct if_clone *c;
	int error;

	may_sleep("if_clone_destroy");
	if (ifp == NULL)
		return (ENXIO);
	c = unlink_interface(ifp);
	if_rele(ifp);
	if (c == NULL)
		return (EINVAL);
	error = destroy(c, ifp, 0);
	if (error != 0)
		ifp->cloner = c;
	unuse(c);
	return (error);
}
