/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * kern.mirage.args: the words that a program is started with, as those after
 * "--" on Unix.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/sysctl.h>

/* The next word from *at on, which is cut out; NULL: there is none. */
static char *
next_word(char **at)
{
	char *word;

	while (**at == ' ')
		(*at)++;
	if (**at == '\0')
		return (NULL);
	word = *at;
	while (**at != ' ' && **at != '\0')
		(*at)++;
	if (**at == ' ')
		*(*at)++ = '\0';
	return (word);
}

bool
arguments_set(struct mirage_platform *p, const char *text)
{
	char copy[ARGS_BYTES];
	char *at = copy;
	const char *c;
	int words = 0;

	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		return (false);
	for (c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return (false);
	while (next_word(&at) != NULL)
		if (++words > ARGS_WORDS)
			return (false);
	strlcpy(p->args, text, sizeof(p->args));
	return (true);
}

void
arguments_use(struct mirage_platform *p)
{
	char *at = p->config_args;
	int n = 0;

	strlcpy(p->config_args, p->args, sizeof(p->config_args));
	while ((p->config_argv[n] = next_word(&at)) != NULL)
		n++;
	p->config.argc = n;
	p->config.argv = p->config_argv;
}

int
sysctl_arguments(SYSCTL_HANDLER_ARGS)
{
	struct mirage_platform *p = arg1;
	char text[ARGS_BYTES];
	int error;

	sx_slock(&p->control);
	strlcpy(text, p->args, sizeof(text));
	sx_sunlock(&p->control);
	error = sysctl_handle_string(oidp, text, sizeof(text), req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	sx_xlock(&p->control);
	error = arguments_set(p, text) ? 0 : EINVAL;
	sx_xunlock(&p->control);
	return (error);
}
