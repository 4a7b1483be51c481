/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text, and the small functions of the kernel's library.
 */
#include "kernel.h"

static void
text_room(struct text *t, size_t more)
{
	size_t size = t->size == 0 ? 256 : t->size;
	char *at;

	while (size < t->len + more + 1)
		size *= 2;
	if (size == t->size)
		return;
	at = host_alloc(size);
	if (t->at != NULL)
		memcpy(at, t->at, t->len);
	host_free(t->at);
	t->at = at;
	t->size = size;
}

void
text_printf(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = host_format(NULL, 0, format, ap);
	va_end(ap);
	text_room(t, (size_t)n);
	va_start(ap, format);
	host_format(t->at + t->len, (size_t)n + 1, format, ap);
	va_end(ap);
	t->len += (size_t)n;
}

/* What is no ASCII becomes Latin-1: bytes stay bytes. */
void
text_json(struct text *t, const char *string, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	text_room(t, len * 6 + 2);
	t->at[t->len++] = '"';
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)string[i];

		if (c == '"' || c == '\\') {
			t->at[t->len++] = '\\';
			t->at[t->len++] = (char)c;
		} else if (c >= 0x20 && c < 0x7f) {
			t->at[t->len++] = (char)c;
		} else {
			memcpy(t->at + t->len, "\\u00", 4);
			t->at[t->len + 4] = digits[c >> 4];
			t->at[t->len + 5] = digits[c & 15];
			t->len += 6;
		}
	}
	t->at[t->len++] = '"';
	t->at[t->len] = '\0';
}

void
text_string(struct text *t, const char *string)
{
	text_json(t, string, strlen(string));
}

void
text_hex(struct text *t, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = data;
	size_t i;

	text_room(t, len * 2);
	for (i = 0; i < len; i++) {
		t->at[t->len++] = digits[at[i] >> 4];
		t->at[t->len++] = digits[at[i] & 15];
	}
	t->at[t->len] = '\0';
}

void
text_free(struct text *t)
{
	host_free(t->at);
	memset(t, 0, sizeof(*t));
}

char *
copy_string(const char *s)
{
	size_t len = strlen(s) + 1;
	char *copy = host_alloc(len);

	memcpy(copy, s, len);
	return (copy);
}

bool
strings_equal(const char *a, const char *b)
{
	return (strcmp(a, b) == 0);
}

size_t
strlcpy(char *to, const char *from, size_t size)
{
	size_t len = strlen(from), n;

	if (size > 0) {
		n = len < size ? len : size - 1;
		memcpy(to, from, n);
		to[n] = '\0';
	}
	return (len);
}

size_t
strlcat(char *to, const char *from, size_t size)
{
	size_t len = strnlen(to, size);

	if (len == size)
		return (size + strlen(from));
	return (len + strlcpy(to + len, from, size - len));
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n;

	for (n = 0; n < max && s[n] != '\0'; n++)
		;
	return (n);
}

char *
strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (__DECONST(char *, s));
		if (*s == '\0')
			return (NULL);
	}
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (*s == '\0')
			return (__DECONST(char *, last));
	}
}

char *
strstr(const char *s, const char *part)
{
	size_t len = strlen(part);

	for (; *s != '\0' || len == 0; s++)
		if (strncmp(s, part, len) == 0)
			return (__DECONST(char *, s));
	return (NULL);
}

size_t
strcspn(const char *s, const char *set)
{
	size_t n;

	for (n = 0; s[n] != '\0' && strchr(set, s[n]) == NULL; n++)
		;
	return (n);
}

size_t
strspn(const char *s, const char *set)
{
	size_t n;

	for (n = 0; s[n] != '\0' && strchr(set, s[n]) != NULL; n++)
		;
	return (n);
}

char *
strncpy(char *to, const char *from, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		to[i] = i > 0 && to[i - 1] == '\0' ? '\0' : from[i];
	return (to);
}

char *
strcpy(char *to, const char *from)
{
	memcpy(to, from, strlen(from) + 1);
	return (to);
}

char *
strsep(char **at, const char *separators)
{
	char *start = *at, *end;

	if (start == NULL)
		return (NULL);
	for (end = start; *end != '\0' && strchr(separators, *end) == NULL;
	    end++)
		;
	*at = *end == '\0' ? NULL : end + 1;
	*end = '\0';
	return (start);
}

unsigned long
strtoul(const char *s, char **end, int base)
{
	unsigned long value = 0;

	if ((base == 0 || base == 16) && s[0] == '0' &&
	    (s[1] == 'x' || s[1] == 'X')) {
		s += 2;
		base = 16;
	} else if (base == 0) {
		base = s[0] == '0' ? 8 : 10;
	}
	for (;; s++) {
		int digit = *s >= '0' && *s <= '9' ? *s - '0' :
		    *s >= 'a' && *s <= 'z'	   ? *s - 'a' + 10 :
		    *s >= 'A' && *s <= 'Z'	   ? *s - 'A' + 10 :
						     99;

		if (digit >= base)
			break;
		value = value * (unsigned long)base + (unsigned long)digit;
	}
	if (end != NULL)
		*end = __DECONST(char *, s);
	return (value);
}

void
arc4random_buf(void *buf, size_t len)
{
	host_random(buf, len);
}

void
arc4rand(void *buf, u_int len, int reseed)
{
	host_random(buf, len);
}

uint32_t
arc4random(void)
{
	uint32_t n;

	host_random(&n, sizeof(n));
	return (n);
}

int
vsnprintf(char *buf, size_t size, const char *format, va_list ap)
{
	return (host_format(buf, size, format, ap));
}

int
snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = host_format(buf, size, format, ap);
	va_end(ap);
	return (n);
}

int
sprintf(char *buf, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = host_format(buf, INT32_MAX, format, ap);
	va_end(ap);
	return (n);
}

/* The message buffer. */
static struct text console;
static char pending[2048];

/* Whole lines go to the console as JSON strings: [level, text]. */
void
console_write(int level, const char *format, va_list ap)
{
	char line[2048], *at, *end;

	host_format(line, sizeof(line), format, ap);
	big_lock();
	strlcat(pending, line, sizeof(pending));
	for (at = pending; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		text_printf(
		    &console, "%s[%d,", console.len == 0 ? "" : ",", level);
		text_json(&console, at, (size_t)(end - at));
		text_printf(&console, "]");
	}
	memmove(pending, at, strlen(at) + 1);
	big_unlock();
}

void
console_take(struct text *t)
{
	big_lock();
	text_printf(t, "[%s]", console.len == 0 ? "" : console.at);
	text_free(&console);
	big_unlock();
}

int
vprintf(const char *format, va_list ap)
{
	console_write(-1, format, ap);
	return (0);
}

int
printf(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	console_write(-1, format, ap);
	va_end(ap);
	return (0);
}

void
vlog(int level, const char *format, va_list ap)
{
	console_write(level, format, ap);
}

void
log(int level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	console_write(level, format, ap);
	va_end(ap);
}
