/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Small functions of the kernel's library.
 */
#ifndef KPI_SYS_LIBKERN_H
#define KPI_SYS_LIBKERN_H

#include <sys/cdefs.h>
#include <sys/types.h>
#include <kpi/kpi.h>

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int) KPI_NAME(strchr);
char *strrchr(const char *, int) KPI_NAME(strrchr);
char *strstr(const char *, const char *) KPI_NAME(strstr);
size_t strcspn(const char *, const char *) KPI_NAME(strcspn);
size_t strspn(const char *, const char *) KPI_NAME(strspn);
char *strncpy(char *, const char *, size_t) KPI_NAME(strncpy);
char *strcpy(char *, const char *) KPI_NAME(strcpy);
char *strsep(char **, const char *) KPI_NAME(strsep);
size_t strlcpy(char *, const char *, size_t) KPI_NAME(strlcpy);
size_t strlcat(char *, const char *, size_t) KPI_NAME(strlcat);
size_t strnlen(const char *, size_t) KPI_NAME(strnlen);
unsigned long strtoul(const char *, char **, int) KPI_NAME(strtoul);
void arc4random_buf(void *, size_t) KPI_NAME(arc4random_buf);
void arc4rand(void *, u_int, int) KPI_NAME(arc4rand);
uint32_t arc4random(void) KPI_NAME(arc4random);

#define bcopy(from, to, len) memmove((to), (from), (len))
#define bzero(at, len)	     memset((at), 0, (len))
#define bcmp(a, b, len)	     memcmp((a), (b), (len))

static inline u_int
min(u_int a, u_int b)
{
	return (a < b ? a : b);
}

static inline u_int
max(u_int a, u_int b)
{
	return (a > b ? a : b);
}

static inline int
imin(int a, int b)
{
	return (a < b ? a : b);
}

#endif /* KPI_SYS_LIBKERN_H */
