/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text that grows.
 */
#ifndef KPI_SYS_SBUF_H
#define KPI_SYS_SBUF_H

#include <sys/types.h>
#include <sys/stdarg.h>
#include <kpi/kpi.h>
typedef int(sbuf_drain_func)(void *, const char *, int);
struct sbuf {
	char *s_buf;
	size_t s_size;
	size_t s_len;
	int s_flags;
	int s_error;
	int s_ours; /* s_buf, and the structure */
	struct sysctl_req *s_req;
};
#define SBUF_FIXEDLEN	0x0
#define SBUF_AUTOEXTEND 0x1
#define SBUF_INCLUDENUL 0x2
struct sysctl_req;
struct sbuf *sbuf_new(struct sbuf *, char *, int, int) KPI_NAME(sbuf_new);
#define sbuf_new_auto() sbuf_new(NULL, NULL, 0, SBUF_AUTOEXTEND)
struct sbuf *sbuf_new_for_sysctl(struct sbuf *, char *, int,
    struct sysctl_req *) KPI_NAME(sbuf_new_for_sysctl);
int sbuf_printf(struct sbuf *, const char *, ...) KPI_NAME(sbuf_printf)
    __printflike(2, 3);
int sbuf_vprintf(struct sbuf *, const char *, va_list) KPI_NAME(sbuf_vprintf)
    __printflike(2, 0);
int sbuf_cat(struct sbuf *, const char *) KPI_NAME(sbuf_cat);
int sbuf_cpy(struct sbuf *, const char *) KPI_NAME(sbuf_cpy);
int sbuf_putc(struct sbuf *, int) KPI_NAME(sbuf_putc);
int sbuf_bcat(struct sbuf *, const void *, size_t) KPI_NAME(sbuf_bcat);
void sbuf_clear(struct sbuf *) KPI_NAME(sbuf_clear);
int sbuf_finish(struct sbuf *) KPI_NAME(sbuf_finish);
char *sbuf_data(struct sbuf *) KPI_NAME(sbuf_data);
ssize_t sbuf_len(struct sbuf *) KPI_NAME(sbuf_len);
void sbuf_delete(struct sbuf *) KPI_NAME(sbuf_delete);
int sbuf_error(const struct sbuf *) KPI_NAME(sbuf_error);
#ifndef KPI_INSIDE
#define sbuf_new(...)		 KPI_CALL(sbuf_new, __VA_ARGS__)
#define sbuf_new_for_sysctl(...) KPI_CALL(sbuf_new_for_sysctl, __VA_ARGS__)
#endif

#endif /* KPI_SYS_SBUF_H */
