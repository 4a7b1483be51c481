/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The FreeBSD platform, inside.
 *
 * Locks, in the order in which they are taken:
 *   control  sx: one change of what runs at a time; held while a stop is
 *            awaited
 *   asking   sx: one reader of kern.mirage.netstat at a time
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
#include <sys/sysctl.h>

#include <net/if.h>
#include <net/if_var.h>

#include <mirage/instance.h>

#include "netif.h"

MALLOC_DECLARE(M_MIRAGE);

#define FAILURE_BYTES  256
#define PROGRAM_BYTES  128
#define RTPARAMS_BYTES 256 /* of text, with its NUL */
#define ADDRESS_BYTES  20 /* "255.255.255.255/32" and its NUL */
#define ADDRESS6_BYTES 50 /* eight groups, "/128" and the NUL */
#define ARGS_BYTES     256 /* of text, with its NUL */
#define ARGS_WORDS     32
#define SETTING_BYTES  256 /* of the longest of these texts */

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
	char failure[FAILURE_BYTES]; /* why there is none: program_failed() */

	/*
	 * What the next start uses.  Changed by the holder of control, with
	 * lock held, too.  params is rtparams, parsed.
	 */
	char rtparams[RTPARAMS_BYTES];
	struct mirage_rtparams params;
	char ipv4[ADDRESS_BYTES];
	char gateway[ADDRESS_BYTES];
	char ipv6[ADDRESS6_BYTES];
	char gateway6[ADDRESS6_BYTES];
	char args[ARGS_BYTES];

	/* What the running one uses. */
	struct mirage_config config;
	char config_ipv4[ADDRESS_BYTES];
	char config_gateway[ADDRESS_BYTES];
	char config_ipv6[ADDRESS6_BYTES];
	char config_gateway6[ADDRESS6_BYTES];
	char config_args[ARGS_BYTES];
	char *config_argv[ARGS_WORDS + 1];

	/* Interfaces of the running program; nports changes with lock held. */
	struct mirage_port ports[PORTS_MAX];
	unsigned nports;
	unsigned frames_waiting; /* at all of them; lock */
	counter_u64_t not_running; /* frames that came while none ran */
	counter_u64_t stolen; /* the host's, on interfaces taken from it */
	counter_u64_t copies, bytes_copied; /* of this run, see frames.c */

	/* kern.mirage.netstat; lock, and the state is looked at without. */
	struct sx asking; /* one at a time */
	enum {
		NETSTAT_NONE,
		NETSTAT_ASKED,
		NETSTAT_WRITING,
		NETSTAT_DONE
	} netstat;
	char *netstat_text; /* of who asks */
	size_t netstat_len;
	bool netstat_told; /* by wait() */

	/* Memory of the malloc type, in bytes as asked for; atomic. */
	uint64_t memory_used, memory_peak;

	/* Console: lines in this second, and how many were left out. */
	struct timeval console_last;
	int console_lines;
	unsigned console_left_out;
	uint64_t console_due; /* when to say so at the latest, monotonic ns */

	/* Messages about refused values, in this second. */
	struct timeval refusal_last;
	int refusals;

	int autostart; /* the tunable */
	char program[PROGRAM_BYTES]; /* "name build-id" */
};

/*
 * platform.c.  Of the malloc type, counted: NULL only with M_NOWAIT, or if it
 * is much.  Freed by mirage_platform_free().
 */
void *memory_take(struct mirage_platform *, size_t, int flags);
/* The peak starts anew. */
void memory_mark(struct mirage_platform *);
/* One line to the message buffer, tagged, without control characters. */
void message(int priority, const char *text, size_t len);
/* Says how many lines of the program were left out, if any were. */
void console_flush(struct mirage_platform *);

/* thread.c */
int runner_create(struct mirage_platform *);
void runner_destroy(struct mirage_platform *);
void kmod_rtparams_default(struct mirage_rtparams *);
/* control held.  EBUSY if a program runs, or the module is being unloaded. */
int program_start(struct mirage_platform *);
/* control held.  EBUSY if it did not end within some seconds. */
int program_stop(struct mirage_platform *);
enum mirage_state program_state(struct mirage_platform *); /* lock held */
/*
 * Why a start failed before there was an instance: state is "failed", and
 * error says this.  Of the program's thread, or of the holder of control
 * while no program runs; lock not held.
 */
void program_failed(struct mirage_platform *, const char *format, ...)
    __printflike(2, 3);

/* control.c */
int control_create(struct mirage_platform *);
void control_destroy(void);

/*
 * What decides which code runs in the kernel stays as it is when securelevel
 * is raised, as kldload(8) and kldunload(8) are refused then.
 */
#define CONTROL_WRITABLE (CTLFLAG_RW | CTLFLAG_SECURE)
/* The values are fetched here, for the kernel would not say what is wrong. */
#define CONTROL_TUNABLE (CTLFLAG_TUN | CTLFLAG_NOFETCH)

/* netstat.c */
int sysctl_netstat(SYSCTL_HANDLER_ARGS);

/* settings.c */
struct sysctl_ctx_list;
struct sysctl_oid_list;
/* What loader.conf(5) or kenv(1) say; what is wrong is named and not taken. */
void settings_fetch(struct mirage_platform *);
/* The sysctls.  ENOMEM, or 0. */
int settings_create(struct mirage_platform *, struct sysctl_ctx_list *,
    struct sysctl_oid_list *under);
/* Says in the message buffer why a sysctl's new value was refused. */
void control_refuse(
    struct mirage_platform *, const char *name, const char *why);
#define WHY_BYTES (MIRAGE_RTPARAMS_ERROR_BYTES + 64)

/* arguments.c */
/* False: they are not taken, and why (of len bytes) says what is wrong. */
bool arguments_check(
    struct mirage_platform *, const char *text, char *why, size_t len);
/* control held: what is set, for the next start. */
void arguments_use(struct mirage_platform *);

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

/* probes.c */
void probes_create(struct linker_file *);
void probes_destroy(void);
/* Who waited for `load` is told, once it can hear. */
void probes_tell_load(void);

#endif /* MIRAGE_KMOD_H */
