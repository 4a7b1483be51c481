/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * kern.mirage.netstat: a text that the program's thread makes when somebody
 * reads it, into memory of who reads.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/sysctl.h>

#define TEXT_BYTES (128 << 10)

/* The program's thread is awaited so long; every turn has a budget. */
#define ANSWER_SECONDS 5

char *
mirage_platform_netstat(struct mirage_platform *p, size_t *size)
{
	char *text = NULL;

	if (__atomic_load_n(&p->netstat, __ATOMIC_RELAXED) != NETSTAT_ASKED)
		return (NULL);
	mtx_lock(&p->lock);
	if (p->netstat == NETSTAT_ASKED) {
		p->netstat = NETSTAT_WRITING;
		text = p->netstat_text;
		*size = TEXT_BYTES;
	}
	mtx_unlock(&p->lock);
	return (text);
}

void
mirage_platform_netstat_done(struct mirage_platform *p, size_t len)
{
	mtx_lock(&p->lock);
	p->netstat = NETSTAT_DONE;
	p->netstat_len = len;
	wakeup(&p->netstat);
	mtx_unlock(&p->lock);
}

/* Bytes of the text; 0: no program runs, or it did not answer. */
static size_t
ask(struct mirage_platform *p, char *text)
{
	int error = 0;
	size_t len;

	mtx_lock(&p->lock);
	if (p->busy) {
		p->netstat_text = text;
		p->netstat_told = false;
		__atomic_store_n(&p->netstat, NETSTAT_ASKED, __ATOMIC_RELAXED);
		wakeup(&p->sleeping);
	}
	/* What is being written is waited for. */
	while (p->netstat == NETSTAT_WRITING ||
	    (p->netstat == NETSTAT_ASKED && p->busy && error == 0))
		error = msleep(
		    &p->netstat, &p->lock, 0, "mrgstat", ANSWER_SECONDS * hz);
	len = p->netstat == NETSTAT_DONE ? p->netstat_len : 0;
	__atomic_store_n(&p->netstat, NETSTAT_NONE, __ATOMIC_RELAXED);
	p->netstat_text = NULL;
	mtx_unlock(&p->lock);
	return (len);
}

int
sysctl_netstat(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	char *text;
	size_t len;
	int error;

	/* Only the size is asked for. */
	if (req->oldptr == NULL)
		return (SYSCTL_OUT(req, NULL, TEXT_BYTES));
	text = malloc(TEXT_BYTES, M_MIRAGE, M_WAITOK);
	sx_xlock(&p->asking);
	len = ask(p, text);
	sx_xunlock(&p->asking);
	if (len == 0) {
		mtx_lock(&p->lock);
		len = (size_t)snprintf(text, TEXT_BYTES, "%s",
		    p->busy ? "The program is busy and has not answered within "
			      "5 seconds." :
			      "No program runs: see kern.mirage.state.");
		mtx_unlock(&p->lock);
	} else if (text[len - 1] == '\n')
		len--; /* sysctl(8) ends the line */
	text[len] = '\0';
	error = SYSCTL_OUT(req, text, len + 1);
	free(text, M_MIRAGE);
	return (error);
}
