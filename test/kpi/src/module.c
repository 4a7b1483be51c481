/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Loading and unloading the module; the kernel's environment.
 */
#include "kernel.h"

#include <sys/linker.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/sysctl.h>

#include "sets.h"

struct module {
	const char *name;
	modeventhand_t handler;
	void *argument;
	struct module *next;
};

static struct linker_file file = {"mirage.ko", 1, 1};
static struct module *modules;
static void *object; /* the module's text; NULL: none is loaded */
static struct kpi_sets sets;
static struct kpi_lock *kld_lock;
static int load_error;

/* Environment. */
static struct variable {
	char *name, *value;
	struct variable *next;
} *environment;

static struct variable **
variable(const char *name)
{
	struct variable **at;

	for (at = &environment; *at != NULL; at = &(*at)->next)
		if (strings_equal((*at)->name, name))
			break;
	return (at);
}

void
env_set(const char *name, const char *value)
{
	struct variable **at = variable(name), *v = *at;

	if (v != NULL) {
		*at = v->next;
		host_free(v->name);
		host_free(v->value);
		host_free(v);
	}
	if (value == NULL)
		return;
	v = host_alloc(sizeof(*v));
	v->name = copy_string(name);
	v->value = copy_string(value);
	v->next = environment;
	environment = v;
}

int
kpi_tunable_string(const char *name, char *to, int size)
{
	struct variable *v = *variable(name);

	if (v == NULL)
		return (0);
	strlcpy(to, v->value, (size_t)size);
	return (1);
}

int
kpi_tunable_int(const char *name, int *to)
{
	struct variable *v = *variable(name);
	bool negative;
	char *end;
	long n;

	if (v == NULL)
		return (0);
	negative = v->value[0] == '-';
	n = (long)strtoul(v->value + negative, &end, 0);
	if (*end != '\0' || end == v->value + negative)
		return (0);
	*to = (int)(negative ? -n : n);
	return (1);
}

int
getenv_int(const char *name, int *to)
{
	return (kpi_tunable_int(name, to));
}

int
getenv_string(const char *name, char *to, int size)
{
	return (kpi_tunable_string(name, to, size));
}

char *
kern_getenv(const char *name)
{
	struct variable *v = *variable(name);

	return (v == NULL ? NULL : copy_string(v->value));
}

void
freeenv(char *value)
{
	host_free(value);
}

/* Modules of the file. */
void
module_register_init(const void *data)
{
	const moduledata_t *d = data;
	struct module *m = host_alloc(sizeof(*m));
	int error;

	m->name = d->name;
	m->handler = d->evhand;
	m->argument = d->priv;
	error = m->handler(m, MOD_LOAD, m->argument);
	lock_leave_all("MOD_LOAD returns", 0);
	if (error != 0) {
		/* What a failed load has left is the handler's to undo. */
		(void)m->handler(m, MOD_UNLOAD, m->argument);
		lock_leave_all("MOD_UNLOAD returns", 0);
		host_free(m);
		load_error = error;
		return;
	}
	m->next = modules;
	modules = m;
}

linker_file_t
module_file(module_t m)
{
	return (&file);
}

const char *
module_getname(module_t m)
{
	return (m->name);
}

/* Initializers, by subsystem and order; finalizers the other way round. */
static void
run_set(const void *const *start, const void *const *stop, bool back)
{
	size_t n = (size_t)(stop - start), i, done;
	const struct sysinit **sorted = host_alloc(n * sizeof(*sorted));

	for (i = 0; i < n; i++) {
		const struct sysinit *s = start[i];
		size_t at = i;

		for (; at > 0 &&
		    (sorted[at - 1]->subsystem > s->subsystem ||
			(sorted[at - 1]->subsystem == s->subsystem &&
			    sorted[at - 1]->order > s->order));
		    at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = s;
	}
	for (done = 0; done < n && load_error == 0; done++) {
		const struct sysinit *s = sorted[back ? n - 1 - done : done];

		s->func(s->udata);
	}
	host_free(sorted);
}

/* After all of it has run: nothing may be left. */
static void
forget(void)
{
	const char *thread = thread_left();

	threads_settle(2000000000);
	threads_reap();
	epoch_forget();
	if (thread != NULL) {
		violation(
		    "thread \"%s\" runs on in text that is unloaded", thread);
		object = NULL;
		return;
	}
	places_keep();
	host_unload(object);
	object = NULL;
}

int
module_load(const char *path, char *why, size_t size)
{
	void (*get_sets)(struct kpi_sets *);

	if (object != NULL)
		return (EEXIST);
	if (securelevel > 0)
		return (EPERM);
	if (kld_lock == NULL) {
		kld_lock = lock_new("kernel linker", true, 0);
	}
	network_start();
	object = host_load(path, why, size);
	if (object == NULL)
		return (ENOEXEC);
	get_sets = (void (*)(struct kpi_sets *))(uintptr_t)host_symbol(
	    object, "kpi_get_sets");
	if (get_sets == NULL)
		host_die("the module has no kpi_get_sets");
	get_sets(&sets);
	sysctl_set_add(sets.sysctl[0], sets.sysctl[1]);
	load_error = 0;
	run_set(sets.sysinit[0], sets.sysinit[1], false);
	if (load_error != 0) {
		int error = load_error;

		load_error = 0;
		run_set(sets.sysuninit[0], sets.sysuninit[1], true);
		sysctl_set_remove(sets.sysctl[0], sets.sysctl[1]);
		forget();
		snprintf(why, size, "MOD_LOAD returned %d", error);
		return (error);
	}
	probes_loaded(sets.probes[0], sets.probes[1]);
	event_load(&file);
	lock_leave_all("kld_load returns", 0);
	return (0);
}

bool
module_loaded(void)
{
	return (object != NULL);
}

static int
unload(bool force)
{
	struct module *m;
	int error = 0;

	event_unload_try(&file, &error);
	lock_leave_all("kld_unload_try returns", 1);
	if (error != 0)
		return (EBUSY);
	/* sdt(4) does it there, whatever the module says later. */
	probes_gone();
	for (m = modules; m != NULL; m = m->next) {
		error = m->handler(m, MOD_QUIESCE, m->argument);
		if (error == EOPNOTSUPP)
			error = 0;
		if (error != 0 && !force)
			return (error);
	}
	while ((m = modules) != NULL) {
		error = m->handler(m, MOD_UNLOAD, m->argument);
		if (error != 0)
			return (error);
		modules = m->next;
		host_free(m);
	}
	run_set(sets.sysuninit[0], sets.sysuninit[1], true);
	sysctl_set_remove(sets.sysctl[0], sets.sysctl[1]);
	return (0);
}

int
module_unload(bool force)
{
	int error;

	if (object == NULL)
		return (ENOENT);
	if (securelevel > 0)
		return (EPERM);
	lock_acquire(kld_lock, true);
	error = unload(force);
	lock_release(kld_lock, true);
	lock_leave_all("unloading ends", 0);
	if (error == 0)
		forget();
	return (error);
}
