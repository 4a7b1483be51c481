/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The thread that programs run on: one, with a stack of its own, which parks
 * between programs and ends only when the module is unloaded.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/kthread.h>
#include <sys/syslog.h>

#include <vm/vm.h>
#include <vm/pmap.h>

/* The most that the kernel gives: 128 KiB. */
#define STACK_PAGES 32

/* A stop is awaited so long; every turn has a budget, so it comes. */
#define STOP_SECONDS 30

/* The message buffer gets the first line, for the stack is elsewhere. */
static void
tell_failure(const char *error)
{
	char text[FAILURE_BYTES];
	int n;

	if (error[0] == '\0')
		return;
	n = snprintf(text, sizeof(text), "the program has failed: %.*s",
	    (int)strcspn(error, "\n"), error);
	message(LOG_ERR, text, MIN((size_t)n, sizeof(text) - 1));
}

void
program_failed(struct mirage_platform *p, const char *format, ...)
{
	char text[FAILURE_BYTES];
	struct mirage_instance *old;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	mtx_lock(&p->lock);
	old = p->instance;
	p->instance = NULL;
	strlcpy(p->failure, text, sizeof(p->failure));
	mtx_unlock(&p->lock);
	if (old != NULL)
		mirage_instance_destroy(old);
	tell_failure(text);
}

static void
run_program(struct mirage_platform *p)
{
	struct mirage_instance *inst, *old;
	char why[FAILURE_BYTES];

	mtx_lock(&p->lock);
	old = p->instance;
	p->instance = NULL;
	p->failure[0] = '\0';
	mtx_unlock(&p->lock);
	if (old != NULL)
		mirage_instance_destroy(old);
	memory_mark(p);
	if (!ports_open(p, p->config.params.interfaces, p->config.params.mac,
		why, sizeof(why))) {
		program_failed(p, "%s", why);
		return;
	}
	p->config.stack_low = (uintptr_t)curthread->td_kstack;
	probes_tell_load();
	inst = mirage_instance_create(p, &mirage_program, &p->config);
	mtx_lock(&p->lock);
	p->instance = inst;
	p->accepting = inst != NULL;
	mtx_unlock(&p->lock);
	if (inst == NULL) {
		ports_close(p);
		program_failed(p, "no memory for the program");
		return;
	}
	(void)mirage_instance_run(inst);
	mtx_lock(&p->lock);
	p->accepting = false;
	mtx_unlock(&p->lock);
	ports_close(p);
	console_flush(p);
	tell_failure(mirage_instance_error(inst));
}

static void
runner_main(void *argument)
{
	struct mirage_platform *p = argument;

	mtx_lock(&p->lock);
	p->thread = curthread;
	wakeup(&p->thread);
	for (;;) {
		while (!p->start && !p->quit)
			msleep(&p->start, &p->lock, 0, "mrgidle", 0);
		if (p->quit)
			break;
		p->start = false;
		mtx_unlock(&p->lock);
		run_program(p);
		mtx_lock(&p->lock);
		p->busy = false;
		wakeup(&p->busy);
		wakeup(&p->netstat);
	}
	mtx_unlock(&p->lock);
	/* Wakes who waits for the thread; no text of ours runs after it. */
	kthread_exit();
}

int
runner_create(struct mirage_platform *p)
{
	struct thread *thread;
	int error;

	/*
	 * In the kernel's own process: a new one would take another's cached
	 * thread and change its stack, at which 14 loses the area where the
	 * thread's FPU registers are saved.
	 */
	error = kthread_add(
	    runner_main, p, NULL, &thread, 0, STACK_PAGES, "mirage");
	if (error != 0)
		return (error);
	mtx_lock(&p->lock);
	while (p->thread == NULL)
		msleep(&p->thread, &p->lock, 0, "mrgnew", 0);
	mtx_unlock(&p->lock);
	return (0);
}

void
runner_destroy(struct mirage_platform *p)
{
	mtx_lock(&p->lock);
	if (p->thread != NULL) {
		p->quit = true;
		wakeup(&p->start);
		msleep(p->thread, &p->lock, 0, "mrgexit", 0);
		p->thread = NULL;
	}
	mtx_unlock(&p->lock);
	if (p->instance != NULL)
		mirage_instance_destroy(p->instance);
	p->instance = NULL;
}

/*
 * As everywhere, but for the stack that is kept free: half of all that there
 * is would be too much here, and what runs in it (a garbage collection, a call
 * of this platform) does with less.
 */
void
kmod_rtparams_default(struct mirage_rtparams *params)
{
	mirage_rtparams_default(params);
	params->stack_bytes = 32 << 10;
}

int
program_start(struct mirage_platform *p)
{
	struct mirage_config *c = &p->config;

	sx_assert(&p->control, SA_XLOCKED);
	mtx_lock(&p->lock);
	if (p->busy || p->unloading) {
		mtx_unlock(&p->lock);
		return (EBUSY);
	}
	mtx_unlock(&p->lock);

	/* The thread is parked, so all of this is ours. */
	memset(c, 0, sizeof(*c));
	c->params = p->params;
	strlcpy(p->config_ipv4, p->ipv4, sizeof(p->config_ipv4));
	strlcpy(p->config_gateway, p->gateway, sizeof(p->config_gateway));
	c->ipv4 = p->config_ipv4[0] != '\0' ? p->config_ipv4 : NULL;
	c->gateway = p->config_gateway[0] != '\0' ? p->config_gateway : NULL;
	strlcpy(p->config_ipv6, p->ipv6, sizeof(p->config_ipv6));
	strlcpy(p->config_gateway6, p->gateway6, sizeof(p->config_gateway6));
	c->ipv6 = p->config_ipv6[0] != '\0' ? p->config_ipv6 : NULL;
	c->gateway6 = p->config_gateway6[0] != '\0' ? p->config_gateway6 : NULL;
	c->target = "kfreebsd";
	arguments_use(p);

	mtx_lock(&p->lock);
	p->stop = p->stop_told = p->frame_told = false;
	p->started = time_uptime;
	p->busy = true;
	p->start = true;
	wakeup(&p->start);
	mtx_unlock(&p->lock);
	return (0);
}

int
program_stop(struct mirage_platform *p)
{
	int error = 0;

	sx_assert(&p->control, SA_XLOCKED);
	mtx_lock(&p->lock);
	if (p->busy) {
		__atomic_store_n(&p->stop, true, __ATOMIC_RELAXED);
		wakeup(&p->sleeping);
	}
	while (p->busy && error != EWOULDBLOCK)
		error =
		    msleep(&p->busy, &p->lock, 0, "mrgstop", STOP_SECONDS * hz);
	error = p->busy ? EBUSY : 0;
	mtx_unlock(&p->lock);
	return (error);
}

enum mirage_state
program_state(struct mirage_platform *p)
{
	mtx_assert(&p->lock, MA_OWNED);
	if (p->busy)
		return (p->stop ? MIRAGE_STOPPING : MIRAGE_RUNNING);
	if (p->instance != NULL)
		return (mirage_instance_state(p->instance));
	return (p->failure[0] != '\0' ? MIRAGE_FAILED : MIRAGE_IDLE);
}
