/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * kern.mirage.args: the words that a program is started with, as those after
 * "--" on Unix.
 */
#include "compat.h"
#include "kmod.h"

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
arguments_check(
    struct mirage_platform *p, const char *text, char *why, size_t len)
{
	char copy[ARGS_BYTES];
	char *at = copy;
	const char *c;
	int words = 0;

	for (c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f) {
			snprintf(why, len, "a control character in it");
			return (false);
		}
	strlcpy(copy, text, sizeof(copy));
	while (next_word(&at) != NULL)
		if (++words > ARGS_WORDS) {
			snprintf(why, len, "more than %d words", ARGS_WORDS);
			return (false);
		}
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
