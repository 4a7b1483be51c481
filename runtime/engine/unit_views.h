/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: the end of a view over memory that is not ours.
 */

/*
 * All objects made of one view share its buffer, and Duktape checks each access
 * against the buffer's size: with size 0 none of them reaches any memory.
 */
void
mirage_unit_detach(struct mirage_instance *inst, void *view)
{
	duk_hbufobj *h = view;
	duk_hbuffer_external *b;

	(void)inst;
	if (!DUK_HOBJECT_IS_BUFOBJ((duk_hobject *)h) || h->buf == NULL)
		return;
	h->length = 0;
	h->offset = 0;
	/* Else writing to it would make properties named by numbers. */
	DUK_HOBJECT_CLEAR_EXTENSIBLE((duk_hobject *)h);
	if (h->buf_prop != NULL) {
		((duk_hbufobj *)h->buf_prop)->length = 0;
		((duk_hbufobj *)h->buf_prop)->offset = 0;
	}
	if (!DUK_HBUFFER_HAS_EXTERNAL(h->buf))
		return;
	b = (duk_hbuffer_external *)h->buf;
	DUK_HBUFFER_EXTERNAL_SET_DATA_PTR(unit_thread(inst)->heap, b, NULL);
	DUK_HBUFFER_EXTERNAL_SET_SIZE(b, 0);
}

void *
mirage_unit_buffer_owner(
    duk_hthread *thr, int idx, const uint8_t **base, size_t *len)
{
	duk_tval *tv = duk_get_tval(thr, idx);
	duk_hbuffer *b = NULL;
	duk_hobject *h;

	*base = NULL;
	*len = 0;
	if (tv != NULL && DUK_TVAL_IS_BUFFER(tv)) {
		b = DUK_TVAL_GET_BUFFER(tv);
	} else if (tv != NULL && DUK_TVAL_IS_OBJECT(tv)) {
		h = DUK_TVAL_GET_OBJECT(tv);
		if (DUK_HOBJECT_IS_BUFOBJ(h))
			b = ((duk_hbufobj *)h)->buf;
	}
	if (b == NULL)
		return (NULL);
	*base = DUK_HBUFFER_GET_DATA_PTR(thr->heap, b);
	*len = DUK_HBUFFER_GET_SIZE(b);
	return (DUK_HBUFFER_HAS_EXTERNAL(b) ? NULL : b);
}
