/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * sysctl(9): the tree, contexts, requests.
 */
#include "kernel.h"

#include <sys/priv.h>
#include <sys/sysctl.h>

static struct sysctl_oid_list top;
#define TOP(id, text)                                               \
	struct sysctl_oid id = {                                    \
	    .oid_parent = &top,                                     \
	    .oid_kind = CTLTYPE_NODE | CTLFLAG_RD | CTLFLAG_MPSAFE, \
	    .oid_name = text,                                       \
	    .oid_fmt = "N",                                         \
	    .oid_descr = "of the kernel",                           \
	}
TOP(sysctl__kern, "kern");
TOP(sysctl__net, "net");
TOP(sysctl__net_link, "link");
TOP(sysctl__debug, "debug");
TOP(sysctl__vm, "vm");

__attribute__((constructor)) static void
start_sysctl(void)
{
	SLIST_INSERT_HEAD(&top, &sysctl__kern, oid_link);
	SLIST_INSERT_HEAD(&top, &sysctl__net, oid_link);
	SLIST_INSERT_HEAD(&top, &sysctl__debug, oid_link);
	SLIST_INSERT_HEAD(&top, &sysctl__vm, oid_link);
	SLIST_INSERT_HEAD(
	    &sysctl__net.oid_children, &sysctl__net_link, oid_link);
}

static struct sysctl_oid *
child(struct sysctl_oid_list *list, const char *name, size_t len)
{
	struct sysctl_oid *o;

	SLIST_FOREACH(o, list, oid_link)
	if (strlen(o->oid_name) == len && strncmp(o->oid_name, name, len) == 0)
		return (o);
	return (NULL);
}

/* At its end, so that lists are in the order in which they were made. */
static void
insert(struct sysctl_oid *o)
{
	struct sysctl_oid **at;

	for (at = &o->oid_parent->slh_first; *at != NULL;
	    at = &(*at)->oid_link.sle_next)
		;
	o->oid_link.sle_next = NULL;
	*at = o;
}

static void
take_out(struct sysctl_oid *o)
{
	struct sysctl_oid **at;

	for (at = &o->oid_parent->slh_first; *at != NULL;
	    at = &(*at)->oid_link.sle_next)
		if (*at == o) {
			*at = o->oid_link.sle_next;
			return;
		}
}

int
sysctl_ctx_init(struct sysctl_ctx_list *c)
{
	TAILQ_INIT(c);
	return (0);
}

struct sysctl_oid *
sysctl_add_oid(struct sysctl_ctx_list *ctx, struct sysctl_oid_list *parent,
    int number, const char *name, int kind, void *arg1, intmax_t arg2,
    int (*handler)(SYSCTL_HANDLER_ARGS), const char *format,
    const char *description, const char *label)
{
	struct sysctl_oid *o;

	may_sleep("sysctl_add_oid");
	if (parent == NULL || fault("sysctl_add_oid"))
		return (NULL);
	big_lock();
	o = child(parent, name, strlen(name));
	big_unlock();
	if (o != NULL) {
		violation("sysctl \"%s\" is made in %s a second time", name,
		    place_text(here()));
		return (NULL);
	}
	o = host_alloc(sizeof(*o));
	o->oid_parent = parent;
	o->oid_number = number;
	o->oid_kind = (u_int)kind | CTLFLAG_DYN;
	o->oid_arg1 = arg1;
	o->oid_arg2 = arg2;
	o->oid_name = copy_string(name);
	o->oid_handler = handler;
	o->oid_fmt = copy_string(format);
	o->oid_descr = description == NULL ? NULL : copy_string(description);
	o->oid_place = here();
	thing_made(KIND_SYSCTL, o, o->oid_name, sizeof(*o));
	if (ctx != NULL) {
		struct sysctl_ctx_entry *e = host_alloc(sizeof(*e));

		e->entry = o;
		TAILQ_INSERT_TAIL(ctx, e, link);
	}
	big_lock();
	insert(o);
	big_unlock();
	return (o);
}

/* Waits for its handlers, and takes the order of locks into account. */
static void
remove_oid(struct sysctl_oid *o)
{
	if (!SLIST_EMPTY(&o->oid_children))
		violation("sysctl \"%s\" is removed in %s and has others below",
		    o->oid_name, place_text(here()));
	big_lock();
	take_out(o);
	while (o->oid_running > 0)
		host_cond_wait_for(changed, big, 10000000);
	big_unlock();
	if (!thing_gone(KIND_SYSCTL, o, "sysctl_remove_oid", NULL))
		return;
	host_free(__DECONST(char *, o->oid_name));
	host_free(__DECONST(char *, o->oid_fmt));
	host_free(__DECONST(char *, o->oid_descr));
	host_free(o);
}

int
sysctl_remove_oid(struct sysctl_oid *o, int delete, int recurse)
{
	may_sleep("sysctl_remove_oid");
	witness_enter("running sysctl", true);
	witness_leave("running sysctl");
	remove_oid(o);
	return (0);
}

int
sysctl_ctx_free(struct sysctl_ctx_list *ctx)
{
	struct sysctl_ctx_entry *e, *last;

	may_sleep("sysctl_ctx_free");
	witness_enter("running sysctl", true);
	witness_leave("running sysctl");
	while (!TAILQ_EMPTY(ctx)) {
		last = NULL;
		TAILQ_FOREACH(e, ctx, link)
		last = e;
		remove_oid(last->entry);
		TAILQ_REMOVE(ctx, last, link);
		host_free(last);
	}
	return (0);
}

void
sysctl_register_oid(struct sysctl_oid *o)
{
	big_lock();
	insert(o);
	big_unlock();
}

void
sysctl_unregister_oid(struct sysctl_oid *o)
{
	big_lock();
	take_out(o);
	big_unlock();
}

/* Nodes may be in the set behind what is below them. */
void
sysctl_set_add(struct sysctl_oid *const *start, struct sysctl_oid *const *stop)
{
	for (; start < stop; start++)
		sysctl_register_oid(*start);
}

void
sysctl_set_remove(
    struct sysctl_oid *const *start, struct sysctl_oid *const *stop)
{
	for (; start < stop; start++)
		sysctl_unregister_oid(*start);
}

/* Copying. */
static void
copies(const char *what, struct sysctl_req *req)
{
	/* User memory may have to be brought in, unless it was wired. */
	if (req->lock == 0)
		may_sleep(what);
}

static int
old_function(struct sysctl_req *req, const void *p, size_t len)
{
	size_t n = 0;

	if (req->oldptr != NULL && req->oldlen > req->oldidx) {
		n = MIN(len, req->oldlen - req->oldidx);
		memcpy((char *)req->oldptr + req->oldidx, p, n);
	}
	req->oldidx += len;
	return (req->oldptr != NULL && n < len ? ENOMEM : 0);
}

static int
new_function(struct sysctl_req *req, void *p, size_t len)
{
	if (req->newptr == NULL)
		return (0);
	if (req->newlen - req->newidx < len)
		return (EINVAL);
	memcpy(p, (const char *)req->newptr + req->newidx, len);
	req->newidx += len;
	return (0);
}

int
kpi_sysctl_out(struct sysctl_req *req, const void *p, size_t len)
{
	copies("SYSCTL_OUT", req);
	return (req->oldfunc(req, p, len));
}

int
kpi_sysctl_in(struct sysctl_req *req, void *p, size_t len)
{
	may_sleep("SYSCTL_IN");
	return (req->newfunc(req, p, len));
}

int
sysctl_wire_old_buffer(struct sysctl_req *req, size_t len)
{
	may_sleep("sysctl_wire_old_buffer");
	if (fault("sysctl_wire_old_buffer"))
		return (ENOMEM);
	req->lock = 1;
	return (0);
}

static int
handle(struct sysctl_req *req, void *arg1, intmax_t arg2, size_t size)
{
	uint64_t constant = (uint64_t)arg2;
	int error = kpi_sysctl_out(req, arg1 == NULL ? &constant : arg1, size);

	if (error != 0 || req->newptr == NULL)
		return (error);
	return (arg1 == NULL ? EPERM : kpi_sysctl_in(req, arg1, size));
}

int
sysctl_handle_int(SYSCTL_HANDLER_ARGS)
{
	return (handle(req, arg1, arg2, sizeof(int)));
}

int
sysctl_handle_long(SYSCTL_HANDLER_ARGS)
{
	return (handle(req, arg1, arg2, sizeof(long)));
}

int
sysctl_handle_64(SYSCTL_HANDLER_ARGS)
{
	return (handle(req, arg1, arg2, sizeof(uint64_t)));
}

int
sysctl_handle_bool(SYSCTL_HANDLER_ARGS)
{
	return (handle(req, arg1, arg2, sizeof(bool)));
}

int
sysctl_handle_opaque(SYSCTL_HANDLER_ARGS)
{
	return (handle(req, arg1, 0, (size_t)arg2));
}

int
sysctl_handle_counter_u64(SYSCTL_HANDLER_ARGS)
{
	uint64_t value = **(counter_u64_t *)arg1;

	return (kpi_sysctl_out(req, &value, sizeof(value)));
}

int
sysctl_handle_string(SYSCTL_HANDLER_ARGS)
{
	char *text = arg1;
	size_t len;
	int error;

	error = kpi_sysctl_out(req, text,
	    (arg2 > 0 ? strnlen(text, (size_t)arg2 - 1) : strlen(text)) + 1);
	if (error != 0 || req->newptr == NULL)
		return (error);
	len = req->newlen - req->newidx;
	if (arg2 == 0 || len >= (size_t)arg2)
		return (EINVAL);
	error = kpi_sysctl_in(req, text, len);
	if (error == 0)
		text[len] = '\0';
	return (error);
}

/* Requests. */
static struct sysctl_oid *
lookup(const char *name)
{
	struct sysctl_oid_list *list = &top;
	struct sysctl_oid *o = NULL;

	for (;;) {
		const char *end = strchr(name, '.');
		size_t len = end == NULL ? strlen(name) : (size_t)(end - name);

		o = child(list, name, len);
		if (o == NULL || end == NULL)
			return (o);
		list = &o->oid_children;
		name = end + 1;
	}
}

static int
permitted(struct sysctl_oid *o, bool writes)
{
	struct ucred *cred = curthread->td_ucred;

	if (!writes)
		return ((o->oid_kind & CTLFLAG_RD) != 0 ? 0 : EPERM);
	if ((o->oid_kind & CTLFLAG_WR) == 0)
		return (EPERM);
	if ((o->oid_kind & CTLFLAG_SECURE) != 0 &&
	    securelevel >
		(int)((o->oid_kind & CTLMASK_SECURE) >> CTLSHIFT_SECURE))
		return (EPERM);
	if ((o->oid_kind & CTLFLAG_ANYBODY) != 0)
		return (0);
	if ((o->oid_kind & CTLFLAG_PRISON) != 0)
		return (cred->cr_uid != 0 ? EPERM : 0);
	return (priv_check_cred(cred, PRIV_SYSCTL_WRITE));
}

static int
call(struct sysctl_oid *o, struct sysctl_req *req)
{
	int error;

	req->td = curthread;
	req->oldfunc = old_function;
	req->newfunc = new_function;
	witness_enter("running sysctl", true);
	error = o->oid_handler(o, o->oid_arg1, o->oid_arg2, req);
	witness_leave("running sysctl");
	lock_leave_all("a sysctl's handler returns", 0);
	return (error);
}

/* First how much there is, then what: as sysctl(8) does. */
static int
read_value(struct sysctl_oid *o, struct text *t)
{
	struct sysctl_req req = {0};
	size_t room;
	char *buf;
	int error;

	error = call(o, &req);
	if (error != 0)
		return (error);
	room = req.oldidx + 64;
	buf = host_alloc(room);
	memset(&req, 0, sizeof(req));
	req.oldptr = buf;
	req.oldlen = room;
	error = call(o, &req);
	if (error != 0) {
		host_free(buf);
		return (error);
	}
	switch (o->oid_kind & CTLTYPE) {
	case CTLTYPE_INT:
		text_printf(t, "%d", *(int *)(void *)buf);
		break;
	case CTLTYPE_UINT:
	case CTLTYPE_U32:
		text_printf(t, "%u", *(u_int *)(void *)buf);
		break;
	case CTLTYPE_U8:
		text_printf(t, "%u", *(uint8_t *)buf);
		break;
	case CTLTYPE_U64:
	case CTLTYPE_S64:
	case CTLTYPE_LONG:
	case CTLTYPE_ULONG:
		/* JSON has no such integers. */
		text_printf(
		    t, "\"%ju\"", (uintmax_t) * (uint64_t *)(void *)buf);
		break;
	case CTLTYPE_STRING:
		text_json(t, buf, strnlen(buf, req.oldidx));
		break;
	default:
		text_printf(t, "\"");
		text_hex(t, buf, req.oldidx);
		text_printf(t, "\"");
	}
	host_free(buf);
	return (0);
}

static int
write_value(struct sysctl_oid *o, const char *value)
{
	struct sysctl_req req = {0};
	bool negative = value[0] == '-';
	uint64_t number = strtoul(value + negative, NULL, 0);
	size_t size = 0;

	if (negative)
		number = -number;
	switch (o->oid_kind & CTLTYPE) {
	case CTLTYPE_INT:
	case CTLTYPE_UINT:
	case CTLTYPE_U32:
		size = 4;
		break;
	case CTLTYPE_U8:
		size = 1;
		break;
	case CTLTYPE_STRING:
		break;
	default:
		size = 8;
	}
	req.newptr = size == 0 ? (const void *)value : &number;
	req.newlen = size == 0 ? strlen(value) : size;
	return (call(o, &req));
}

int
sysctl_request(const char *name, const char *value, struct text *t)
{
	struct sysctl_oid *o;
	int error;

	big_lock();
	o = lookup(name);
	if (o != NULL)
		o->oid_running++;
	big_unlock();
	if (o == NULL)
		return (ENOENT);
	error = (o->oid_kind & CTLTYPE) == CTLTYPE_NODE ?
	    EISDIR :
	    permitted(o, value != NULL);
	if (error == 0)
		error =
		    value == NULL ? read_value(o, t) : write_value(o, value);
	big_lock();
	o->oid_running--;
	host_cond_broadcast(changed);
	big_unlock();
	return (error);
}

static void
list(struct sysctl_oid_list *below, const char *prefix, struct text *t)
{
	struct sysctl_oid *o;
	char name[128];

	SLIST_FOREACH(o, below, oid_link)
	{
		snprintf(name, sizeof(name), "%s%s", prefix, o->oid_name);
		text_printf(t,
		    "%s{\"name\":\"%s\",\"type\":%u,\"mpsafe\":%s,"
		    "\"writable\":%s,\"format\":\"%s\",\"description\":",
		    t->at[t->len - 1] == '[' ? "" : ",", name,
		    o->oid_kind & CTLTYPE,
		    o->oid_kind & CTLFLAG_MPSAFE ? "true" : "false",
		    o->oid_kind & CTLFLAG_WR ? "true" : "false",
		    o->oid_fmt == NULL ? "" : o->oid_fmt);
		text_string(t, o->oid_descr == NULL ? "" : o->oid_descr);
		text_printf(t, "}");
		strlcat(name, ".", sizeof(name));
		list(&o->oid_children, name, t);
	}
}

void
sysctl_list(struct text *t)
{
	text_printf(t, "[");
	list(&top, "", t);
	text_printf(t, "]");
}
