/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * sbuf(9).
 */
#include "kernel.h"

#include <sys/sbuf.h>
#include <sys/sysctl.h>

#define OURS_BUFFER    1
#define OURS_STRUCTURE 2
#define FINISHED       4

struct sbuf *
sbuf_new(struct sbuf *s, char *buf, int size, int flags)
{
	bool fresh = s == NULL;

	may_sleep("sbuf_new");
	if (fresh)
		s = host_alloc(sizeof(*s));
	memset(s, 0, sizeof(*s));
	s->s_flags = flags;
	s->s_buf = buf;
	s->s_size = (size_t)size;
	if (buf == NULL) {
		if (s->s_size < 16)
			s->s_size = 16;
		s->s_buf = host_alloc(s->s_size);
		s->s_ours = OURS_BUFFER;
	}
	if (fresh)
		s->s_ours |= OURS_STRUCTURE;
	thing_made(KIND_SBUF, s, "sbuf", s->s_size);
	return (s);
}

struct sbuf *
sbuf_new_for_sysctl(struct sbuf *s, char *buf, int size, struct sysctl_req *req)
{
	s = sbuf_new(s, buf, size, SBUF_INCLUDENUL);
	s->s_req = req;
	return (s);
}

static void
drain(struct sbuf *s)
{
	if (s->s_len > 0 && s->s_error == 0)
		s->s_error = kpi_sysctl_out(s->s_req, s->s_buf, s->s_len);
	s->s_len = 0;
}

int
sbuf_bcat(struct sbuf *s, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0 && s->s_error == 0) {
		size_t n = MIN(len, s->s_size - s->s_len);

		memcpy(s->s_buf + s->s_len, at, n);
		s->s_len += n;
		at += n;
		len -= n;
		if (len == 0)
			break;
		if (s->s_req != NULL) {
			drain(s);
		} else if (s->s_flags & SBUF_AUTOEXTEND) {
			char *more = host_alloc(s->s_size * 2);

			memcpy(more, s->s_buf, s->s_len);
			if (s->s_ours & OURS_BUFFER)
				host_free(s->s_buf);
			s->s_ours |= OURS_BUFFER;
			s->s_buf = more;
			s->s_size *= 2;
		} else {
			s->s_error = ENOMEM;
		}
	}
	return (s->s_error == 0 ? 0 : -1);
}

int
sbuf_vprintf(struct sbuf *s, const char *format, va_list ap)
{
	char line[1024];

	host_format(line, sizeof(line), format, ap);
	return (sbuf_cat(s, line));
}

int
sbuf_printf(struct sbuf *s, const char *format, ...)
{
	va_list ap;
	int error;

	va_start(ap, format);
	error = sbuf_vprintf(s, format, ap);
	va_end(ap);
	return (error);
}

int
sbuf_cat(struct sbuf *s, const char *text)
{
	return (sbuf_bcat(s, text, strlen(text)));
}

int
sbuf_cpy(struct sbuf *s, const char *text)
{
	sbuf_clear(s);
	return (sbuf_cat(s, text));
}

int
sbuf_putc(struct sbuf *s, int c)
{
	char one = (char)c;

	return (sbuf_bcat(s, &one, 1));
}

void
sbuf_clear(struct sbuf *s)
{
	s->s_len = 0;
	s->s_error = 0;
	s->s_ours &= ~FINISHED;
}

int
sbuf_finish(struct sbuf *s)
{
	if (s->s_ours & FINISHED)
		violation("sbuf_finish in %s of what is finished",
		    place_text(here()));
	s->s_ours |= FINISHED;
	if (s->s_req != NULL) {
		if (s->s_flags & SBUF_INCLUDENUL)
			(void)sbuf_bcat(s, "", 1);
		drain(s);
	} else if (s->s_len < s->s_size) {
		s->s_buf[s->s_len] = '\0';
	} else if (s->s_error == 0) {
		size_t len = s->s_len;

		(void)sbuf_bcat(s, "", 1);
		s->s_len = len;
	}
	return (s->s_error);
}

int
sbuf_error(const struct sbuf *s)
{
	return (s->s_error);
}

char *
sbuf_data(struct sbuf *s)
{
	if ((s->s_ours & FINISHED) == 0)
		violation("sbuf_data in %s of what is not finished",
		    place_text(here()));
	return (s->s_buf);
}

ssize_t
sbuf_len(struct sbuf *s)
{
	return (s->s_error != 0 ? -1 : (ssize_t)s->s_len);
}

void
sbuf_delete(struct sbuf *s)
{
	int ours = s->s_ours;

	if (!thing_gone(KIND_SBUF, s, "sbuf_delete", NULL))
		return;
	if (ours & OURS_BUFFER)
		host_free(s->s_buf);
	if (ours & OURS_STRUCTURE)
		host_free(s);
}
