/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The FreeBSD platform, inside.
 *
 * Locks, in the order in which they are taken:
 *   control  sx: one change of what runs at a time; held while a stop is
 *            awaited
 *   lock     mtx, a leaf: everything below that both the program's thread and
 *            others touch.  Nothing is called with it held but copying.
 */
#ifndef MIRAGE_KMOD_H
#define MIRAGE_KMOD_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/socket.h>
#include <sys/sx.h>

#include <net/if.h>
#include <net/if_var.h>
#include <net/if_media.h>

#include <mirage/instance.h>

MALLOC_DECLARE(M_MIRAGE);

#define RTPARAMS_BYTES	 256 /* of text, with its NUL */
#define ADDRESS_BYTES	 20 /* "255.255.255.255/32" and its NUL */
#define ARGS_BYTES	 256 /* of text, with its NUL */
#define ARGS_WORDS	 32
#define QUEUE_LIMIT	 1024 /* frames that wait for the program */
#define MIRAGE_MTU_MAX	 9000
#define RECEIVE_SEGMENTS 64 /* of one received frame */

/* mirageN: an Ethernet interface whose other end is the program. */
struct mirage_netif {
	struct ifnet *ifp; /* NULL: there is none */
	struct ifmedia media;
	uint8_t host_mac[6];
	uint8_t mac[6]; /* of the program */

	/* Frames from the host, linked by m_nextpkt. */
	struct mbuf *first, *last;
	unsigned waiting;
	uint64_t drops[MIRAGE_DROP_REASONS];
	uint64_t not_running; /* frames that came while no program ran */
	uint64_t copies; /* of bytes that a program sent, see frames.c */
};

struct mirage_platform {
	struct sx control;
	struct mtx lock;

	/* Thread. */
	struct thread *thread;
	bool start; /* asked for */
	bool quit; /* asked for */
	bool busy; /* between start and the end */
	bool accepting; /* frames are queued */
	bool unloading; /* nothing may be started any more */
	bool stop; /* atomic too: asked for */
	bool stop_told, frame_told; /* by wait() */
	bool sleeping; /* in wait() */
	time_t started; /* uptime, seconds */

	struct mirage_instance *instance; /* running, or the last one */
	char failure[128]; /* why there is none */

	/* What the next start uses; of the holder of control. */
	char rtparams[RTPARAMS_BYTES];
	char ipv4[ADDRESS_BYTES];
	char gateway[ADDRESS_BYTES];
	char args[ARGS_BYTES];

	/* What the running one uses. */
	struct mirage_config config;
	char config_ipv4[ADDRESS_BYTES];
	char config_gateway[ADDRESS_BYTES];
	char config_args[ARGS_BYTES];
	char *config_argv[ARGS_WORDS + 1];

	struct mirage_netif netif;

	/* Console: lines in this second, and how many were left out. */
	struct timeval console_last;
	int console_lines;
	unsigned console_left_out;
};

/* thread.c */
int runner_create(struct mirage_platform *);
void runner_destroy(struct mirage_platform *);
void kmod_rtparams_default(struct mirage_rtparams *);
/* control held.  EBUSY if a program runs, or the module is being unloaded. */
int program_start(struct mirage_platform *);
/* control held.  EBUSY if it did not end within some seconds. */
int program_stop(struct mirage_platform *);
enum mirage_state program_state(struct mirage_platform *); /* lock held */

/* control.c */
int control_create(struct mirage_platform *);
void control_destroy(void);

/* What is wrong is not taken: false.  control held, or nobody else there. */
bool control_set_rtparams(
    struct mirage_platform *, const char *text, char *why, size_t len);
/* kept: of ADDRESS_BYTES; prefix: "10.0.0.2/24", else "10.0.0.2"; or "". */
bool control_set_address(char *kept, const char *text, bool prefix);

/* arguments.c */
/* control held, or nobody else there.  What is wrong is not taken: false. */
bool arguments_set(struct mirage_platform *, const char *text);
/* control held: what is set, for the next start. */
void arguments_use(struct mirage_platform *);
struct sysctl_oid;
struct sysctl_req;
/* arg1: the platform. */
int sysctl_arguments(
    struct sysctl_oid *, void *arg1, intmax_t, struct sysctl_req *);

/* netif.c */
int netif_create(struct mirage_platform *);
void netif_destroy(struct mirage_platform *);
void netif_purge(struct mirage_platform *);

/* frames.c */
int frames_create(void);
void frames_destroy(void);
/* Pieces of the module's memory that the host's packets refer to. */
unsigned frames_outstanding(void);
/* Takes the packet; NULL: no memory. */
struct mirage_frame *frame_from_mbuf(struct mirage_platform *, struct mbuf *);
/*
 * A packet of the frame's bytes, by reference.  Empties the frame if it was
 * the only one to hold them.  NULL: no memory.
 */
struct mbuf *mbuf_from_frame(struct mirage_platform *, struct mirage_frame *);

#endif /* MIRAGE_KMOD_H */
