/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The control socket (--control PATH): who connects to it, and is the owner,
 * reads what the program is doing on its networks, and that is all.  A thread
 * of its own waits there, so that nobody holds up the program.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unix.h"

#define TEXT_BYTES     (4u << 20)
#define ANSWER_SECONDS 5 /* for the program to answer, and who asks to read */

struct control {
	struct mirage_platform *platform;
	char *path;
	int fd, quit_fd;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t answered;
	/* Atomic for a first look; NONE: nobody asks. */
	enum { NONE, ASKED, WRITING, DONE } state;
	bool closing;
	char *text;
	size_t len;
};

/* The text, of *len bytes; NULL: the program did not answer in time. */
static char *
ask(struct control *c, size_t *len)
{
	char *text = malloc(TEXT_BYTES);
	struct timespec until;

	if (text == NULL)
		return (NULL);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ANSWER_SECONDS;
	pthread_mutex_lock(&c->lock);
	c->text = text;
	__atomic_store_n(&c->state, ASKED, __ATOMIC_RELEASE);
	unix_wake(c->platform);
	while (c->state != DONE && !(c->closing && c->state == ASKED)) {
		/* What is being written is waited for. */
		if (pthread_cond_timedwait(&c->answered, &c->lock, &until) ==
			ETIMEDOUT &&
		    c->state == ASKED)
			break;
	}
	*len = c->len;
	if (c->state != DONE) {
		free(text);
		text = NULL;
	}
	__atomic_store_n(&c->state, NONE, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&c->lock);
	return (text);
}

/* The file's mode lets nobody else in; this holds for a file moved about, too.
 */
static bool
is_owner(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	    (cred.uid == geteuid() || cred.uid == 0));
}

static void
serve(struct control *c, int fd)
{
	static const char busy[] = "The program is busy and has not answered "
				   "within 5 seconds.\n";
	struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	size_t len, at = 0;
	ssize_t n;
	char *text;

	if (!is_owner(fd))
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	text = ask(c, &len);
	if (text == NULL) {
		(void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL);
		return;
	}
	while (
	    at < len && (n = send(fd, text + at, len - at, MSG_NOSIGNAL)) > 0)
		at += (size_t)n;
	free(text);
}

static void *
control_main(void *argument)
{
	struct control *c = argument;
	struct pollfd fds[2] = {{.fd = c->fd, .events = POLLIN},
	    {.fd = c->quit_fd, .events = POLLIN}};

	while (poll(fds, 2, -1) != -1 || errno == EINTR) {
		int fd;

		if (fds[1].revents != 0)
			break;
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1) {
			serve(c, fd);
			close(fd);
		}
	}
	return (NULL);
}

char *
mirage_platform_netstat(struct mirage_platform *p, size_t *size)
{
	struct control *c = p->control;
	char *text = NULL;

	if (c == NULL || __atomic_load_n(&c->state, __ATOMIC_RELAXED) != ASKED)
		return (NULL);
	pthread_mutex_lock(&c->lock);
	if (c->state == ASKED) {
		c->state = WRITING;
		text = c->text;
		*size = TEXT_BYTES;
	}
	pthread_mutex_unlock(&c->lock);
	return (text);
}

void
mirage_platform_netstat_done(struct mirage_platform *p, size_t len)
{
	struct control *c = p->control;

	pthread_mutex_lock(&c->lock);
	c->state = DONE;
	c->len = len;
	pthread_cond_signal(&c->answered);
	pthread_mutex_unlock(&c->lock);
}

/* A socket that is bound and listens, or -1 with errno. */
static int
listen_at(const struct sockaddr_un *to)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	int error = fd == -1 ||
	    bind(fd, (const struct sockaddr *)to, sizeof(*to)) == -1 ||
	    listen(fd, 4) == -1;

	if (error)
		error = errno;
	umask(mask);
	if (error != 0) {
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	errno = error;
	return (fd);
}

/* Is it a socket that its owner has left behind? */
static bool
is_stale(const struct sockaddr_un *to)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;
	bool stale;

	stale = fd != -1 && lstat(to->sun_path, &st) == 0 &&
	    S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) == -1 &&
	    errno == ECONNREFUSED;
	if (fd != -1)
		close(fd);
	return (stale);
}

static bool
start(struct control *c)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int error;

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->answered, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&c->thread, NULL, control_main, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (error == 0);
}

enum nic_open
control_open(struct mirage_platform *p, const char *path, char *error)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct control *c;

	if (path[0] == '\0' || strlen(path) >= sizeof(to.sun_path)) {
		snprintf(error, ERROR_BYTES,
		    "--control %s: a path has 1 to %zu characters", path,
		    sizeof(to.sun_path) - 1);
		return (OPEN_USAGE);
	}
	strcpy(to.sun_path, path);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		goto failed;
	c->platform = p;
	c->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->fd = listen_at(&to);
	if (c->fd == -1 && errno == EADDRINUSE && is_stale(&to)) {
		unlink(path);
		c->fd = listen_at(&to);
	}
	c->path = strdup(path);
	if (c->fd != -1 && c->quit_fd != -1 && c->path != NULL && start(c)) {
		p->control = c;
		return (OPEN_OK);
	}
failed:
	snprintf(error, ERROR_BYTES, "--control %s: %s", path, strerror(errno));
	if (c != NULL) {
		if (c->fd != -1) {
			close(c->fd);
			unlink(path);
		}
		close(c->quit_fd);
		free(c->path);
		free(c);
	}
	return (OPEN_FAILED);
}

void
control_close(struct mirage_platform *p)
{
	struct control *c = p->control;
	uint64_t one = 1;

	if (c == NULL)
		return;
	(void)!write(c->quit_fd, &one, sizeof(one));
	/* Nobody answers any more; who waits is told so. */
	pthread_mutex_lock(&c->lock);
	c->closing = true;
	pthread_cond_signal(&c->answered);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	close(c->fd);
	unlink(c->path);
	close(c->quit_fd);
	pthread_cond_destroy(&c->answered);
	pthread_mutex_destroy(&c->lock);
	free(c->path);
	free(c);
	p->control = NULL;
}
