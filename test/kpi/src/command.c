/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Commands: one line in, one line of JSON out.
 *
 * Words have blanks between them; one in double quotes may have any, and
 * \\, \", \n and \xHH.
 */
#include "api.h"
#include "kernel.h"
#include "ifnet.h"
#include "mbuf.h"

#include <sys/sockio.h>

#include <sys/kthread.h>

#include <net/if_clone.h>
#include <net/vnet.h>

#include <netinet/ip_var.h>
#include <netinet6/ip6_var.h>

#define WORDS	  32
#define SETTLE_NS UINT64_C(60000000000)

static int
hex_digit(char c)
{
	return (c >= '0' && c <= '9' ? c - '0' :
		c >= 'a' && c <= 'f' ? c - 'a' + 10 :
		c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				       -1);
}

/* Cuts a line into words, in place. */
static int
cut(char *at, char **words)
{
	char *to;
	int n = 0;

	for (;;) {
		while (*at == ' ')
			at++;
		if (*at == '\0' || *at == '\n' || n == WORDS)
			return (n);
		if (*at != '"') {
			words[n++] = at;
			while (*at != ' ' && *at != '\0' && *at != '\n')
				at++;
			if (*at != '\0')
				*at++ = '\0';
			continue;
		}
		words[n++] = to = ++at;
		for (; *at != '"' && *at != '\0'; at++) {
			if (*at != '\\') {
				*to++ = *at;
				continue;
			}
			at++;
			if (*at == 'n') {
				*to++ = '\n';
			} else if (*at == 'x') {
				*to++ = (char)(hex_digit(at[1]) << 4 |
				    hex_digit(at[2]));
				at += 2;
			} else {
				*to++ = *at;
			}
		}
		if (*at == '"')
			at++;
		*to = '\0';
	}
}

static uint8_t *
parse_hex(const char *text, uint32_t *len)
{
	uint8_t *bytes;
	uint32_t i;

	*len = (uint32_t)strlen(text) / 2;
	bytes = host_alloc(*len);
	for (i = 0; i < *len; i++)
		bytes[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 |
		    hex_digit(text[2 * i + 1]));
	return (bytes);
}

/* Value of a word "name=value"; NULL: there is none. */
static const char *
option(char **words, int n, const char *name)
{
	size_t len = strlen(name);
	int i;

	for (i = 0; i < n; i++)
		if (strncmp(words[i], name, len) == 0 && words[i][len] == '=')
			return (words[i] + len + 1);
	return (NULL);
}

/*
 * A packet of some bytes.  cut=A,B,...: lengths of its mbufs, the rest is the
 * last one; kind=plain|shared|unmapped: their storage; vlan=TAG;
 * csum=FLAGS,DATA; tso=BYTES or, of a card, how many packets.
 */
static struct mbuf *
packet_of(const uint8_t *bytes, uint32_t len, char **words, int n)
{
	const char *cuts = option(words, n, "cut");
	const char *kind = option(words, n, "kind");
	const char *vlan = option(words, n, "vlan");
	const char *csum = option(words, n, "csum");
	const char *tso = option(words, n, "tso");
	struct mbuf *first = NULL, **next = &first, *m;
	uint32_t done = 0, part;
	char *end;

	do {
		part = MIN(len - done, (uint32_t)MJUM16BYTES);
		if (cuts != NULL && *cuts != '\0') {
			part = MIN(part, (uint32_t)strtoul(cuts, &end, 10));
			cuts = *end == ',' ? end + 1 : "";
		}
		if (kind != NULL && strings_equal(kind, "shared")) {
			m = mbuf_foreign(bytes + done, part, first == NULL);
		} else if (kind != NULL && strings_equal(kind, "unmapped") &&
		    first != NULL) {
			m = mbuf_unmapped(bytes + done, part, false);
		} else {
			m = mbuf_new(first == NULL ? M_PKTHDR : 0);
			if (part > (uint32_t)MHLEN)
				mbuf_cluster(m,
				    part <= MCLBYTES	   ? MCLBYTES :
					part <= MJUM9BYTES ? MJUM9BYTES :
							     MJUM16BYTES);
			memcpy(m->m_data, bytes + done, part);
			m->m_len = (int)part;
		}
		*next = m;
		next = &m->m_next;
		done += part;
	} while (done < len);
	first->m_pkthdr.len = (int)len;
	if (vlan != NULL) {
		first->m_flags |= M_VLANTAG;
		first->m_pkthdr.ether_vtag = (uint16_t)strtoul(vlan, NULL, 10);
	}
	if (csum != NULL) {
		first->m_pkthdr.csum_flags = (uint32_t)strtoul(csum, &end, 0);
		if (*end == ',')
			first->m_pkthdr.csum_data =
			    (uint32_t)strtoul(end + 1, NULL, 0);
	}
	if (tso != NULL)
		first->m_pkthdr.tso_segsz = (uint16_t)strtoul(tso, NULL, 10);
	return (first);
}

/* A packet of the host leaves by an interface. */
static int
send_packet(struct ifnet *ifp, struct mbuf *m)
{
	struct epoch_tracker et;
	int error;

	kpi_epoch_enter(&et);
	curvnet = ifp->vnet;
	error = interface_output(ifp, m);
	curvnet = NULL;
	kpi_epoch_exit(&et);
	return (error);
}

/* send IF HEX [times=N] ...; receive IF HEX ...: by a card's wire */
static void
transfer(char **words, int n, bool from_host, struct text *t)
{
	const char *times = option(words, n, "times");
	uint64_t count = times == NULL ? 1 : strtoul(times, NULL, 10), i;
	struct ifnet *ifp = interface_find(words[1]);
	int error = 0;
	uint8_t *bytes;
	uint32_t len;

	if (ifp == NULL) {
		text_printf(t, "{\"error\":%d}", ENXIO);
		return;
	}
	bytes = parse_hex(words[2], &len);
	for (i = 0; i < count; i++) {
		struct mbuf *m = packet_of(bytes, len, words, n);

		if (from_host)
			error = send_packet(ifp, m);
		else
			error = card_receive(ifp, m) ? 0 : ENETDOWN;
	}
	host_free(bytes);
	if_rele(ifp);
	text_printf(t, "{\"error\":%d}", error);
}

/* Senders that do not stop: a thread each, until told so. */
#define FLOODS 4
static struct flood {
	struct kthread *thread;
	char name[IFNAMSIZ];
	uint8_t *bytes;
	uint32_t len;
	bool from_host;
	bool clone; /* no packets: the interface is made and destroyed */
	bool stop;
	uint64_t sent;
} floods[FLOODS];

/* As ifconfig(8) by somebody who knows nothing of modules. */
static void
clone_once(struct flood *f)
{
	char name[IFNAMSIZ];

	curvnet = vnet0;
	strlcpy(name, f->name, sizeof(name));
	if (if_clone_create(name, sizeof(name), NULL) == 0) {
		f->sent++;
		(void)if_clone_destroy(name);
	}
	curvnet = NULL;
}

static void
flood_main(void *argument)
{
	struct flood *f = argument;

	while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED)) {
		struct ifnet *ifp = f->clone ? NULL : interface_find(f->name);

		if (f->clone)
			clone_once(f);
		if (ifp != NULL) {
			struct mbuf *m = packet_of(f->bytes, f->len, NULL, 0);

			if (f->from_host)
				(void)send_packet(ifp, m);
			else
				(void)card_receive(ifp, m);
			f->sent++;
			if_rele(ifp);
		}
		host_sleep_ns(50000);
	}
	kthread_exit();
}

static int
flood(const char *name, const char *hex, bool from_host)
{
	struct flood *f;

	for (f = floods; f < floods + FLOODS && f->thread != NULL; f++)
		;
	if (f == floods + FLOODS)
		return (EBUSY);
	memset(f, 0, sizeof(*f));
	strlcpy(f->name, name, sizeof(f->name));
	f->bytes = parse_hex(hex, &f->len);
	f->from_host = from_host;
	f->clone = f->len == 0;
	f->thread = thread_new(flood_main, f, "sender", 32, false);
	return (0);
}

static uint64_t
flood_stop(void)
{
	uint64_t sent = 0;
	struct flood *f;

	for (f = floods; f < floods + FLOODS; f++) {
		if (f->thread == NULL)
			continue;
		__atomic_store_n(&f->stop, true, __ATOMIC_RELAXED);
		big_lock();
		while (!f->thread->ended)
			host_cond_wait_for(changed, big, 10000000);
		big_unlock();
		sent += f->sent;
		host_free(f->bytes);
		f->thread = NULL;
	}
	threads_reap();
	return (sent);
}

static void
show_interfaces(struct text *t)
{
	static const char *const names[] = {"ipackets", "ierrors", "opackets",
	    "oerrors", "collisions", "ibytes", "obytes", "imcasts", "omcasts",
	    "iqdrops", "oqdrops", "noproto"};
	struct ifnet *ifp;
	bool first = true;
	unsigned i;

	text_printf(t, "[");
	big_lock();
	for (ifp = interfaces; ifp != NULL; ifp = ifp->next) {
		text_printf(t,
		    "%s{\"name\":\"%s\",\"up\":%s,\"running\":%s,\"mtu\":%d,"
		    "\"link\":%d,\"promiscuous\":%d,\"capenable\":%d,"
		    "\"hwassist\":%d,\"mac\":\"",
		    first ? "" : ",", ifp->name,
		    ifp->flags & IFF_UP ? "true" : "false",
		    ifp->drvflags & IFF_DRV_RUNNING ? "true" : "false",
		    ifp->mtu, ifp->link, ifp->promiscuous, ifp->capenable,
		    ifp->hwassist);
		text_hex(t, ifp->address, ETHER_ADDR_LEN);
		text_printf(t, "\",\"counters\":{");
		for (i = 0; i < nitems(names); i++)
			text_printf(t, "%s\"%s\":%ju", i == 0 ? "" : ",",
			    names[i], (uintmax_t)ifp->counters[i]);
		text_printf(t, "}}");
		first = false;
	}
	big_unlock();
	text_printf(t, "]");
}

/* ifconfig IF create|destroy|up|down|mtu N|cap N|link N|full N|name NEW */
static int
configure(char **words, int n)
{
	const char *what = words[2];
	int value = n > 3 ? (int)strtoul(words[3], NULL, 0) : 0;
	struct vnet *saved = curvnet;
	struct ifnet *ifp;
	char name[IFNAMSIZ];
	int error = 0;

	curvnet = vnet0;
	if (strings_equal(what, "create")) {
		strlcpy(name, words[1], sizeof(name));
		error = if_clone_create(name, sizeof(name), NULL);
		curvnet = saved;
		return (error);
	}
	if (strings_equal(what, "destroy")) {
		error = if_clone_destroy(words[1]);
		curvnet = saved;
		return (error);
	}
	ifp = interface_find(words[1]);
	if (ifp == NULL) {
		curvnet = saved;
		return (ENXIO);
	}
	if (strings_equal(what, "up"))
		error = interface_ioctl(ifp, SIOCSIFFLAGS, 1);
	else if (strings_equal(what, "down"))
		error = interface_ioctl(ifp, SIOCSIFFLAGS, 0);
	else if (strings_equal(what, "mtu"))
		error = interface_ioctl(ifp, SIOCSIFMTU, value);
	else if (strings_equal(what, "cap"))
		error = interface_ioctl(ifp, SIOCSIFCAP, value);
	else if (strings_equal(what, "media"))
		error = interface_ioctl(ifp, SIOCGIFMEDIA, value);
	else if (strings_equal(what, "link"))
		if_link_state_change(ifp, value);
	else if (strings_equal(what, "bridge"))
		ifp->bridge = value != 0 ? ifp : NULL;
	else if (strings_equal(what, "full"))
		card_full(ifp, value != 0);
	else if (strings_equal(what, "name") && n > 3)
		error = if_rename(ifp, words[3]);
	else
		error = EINVAL;
	if_rele(ifp);
	curvnet = saved;
	return (error);
}

static void
run(char **words, int n, struct text *t)
{
	const char *what = n > 0 ? words[0] : "";
	char why[512] = "";
	uint8_t *mac;
	uint32_t len;
	int error = 0;

	network_start();
#define IS(name, least) (strings_equal(what, name) && n > (least))
	if (IS("kldload", 1)) {
		error = module_load(words[1], why, sizeof(why));
		text_printf(t, "{\"error\":%d,\"why\":", error);
		text_string(t, why);
		text_printf(t, "}");
		return;
	}
	if (IS("sysctl", 1)) {
		size_t before;

		text_printf(t, "{\"value\":");
		before = t->len;
		error = sysctl_request(words[1], n > 2 ? words[2] : NULL, t);
		text_printf(t, "%s,\"error\":%d}",
		    t->len == before ? "null" : "", error);
		return;
	}
	if (IS("send", 2) || IS("receive", 2)) {
		transfer(words, n, what[0] == 's', t);
		return;
	}
	if (IS("forwarding", 2)) {
		ipforwarding = strings_equal(words[1], "1");
		ip6_forwarding = strings_equal(words[2], "1");
		text_printf(t, "{\"error\":0}");
		return;
	}
	if (IS("settle", 0)) {
		text_printf(t, "{\"settled\":%s}",
		    threads_settle(SETTLE_NS) ? "true" : "false");
		return;
	}
	if (IS("flood-stop", 0)) {
		text_printf(t, "{\"sent\":%ju}", (uintmax_t)flood_stop());
		return;
	}
	if (IS("sysctls", 0)) {
		sysctl_list(t);
		return;
	}
	if (IS("stack", 1)) {
		stack_take(words[1], t);
		return;
	}
	if (IS("wire", 1)) {
		card_take(words[1], t);
		return;
	}
	if (IS("tap", 0)) {
		tap_take(t);
		return;
	}
	if (IS("interfaces", 0)) {
		show_interfaces(t);
		return;
	}
	if (IS("console", 0)) {
		console_take(t);
		return;
	}
	if (IS("violations", 0)) {
		violations_take(t);
		return;
	}
	if (IS("things", 0)) {
		things_show(t);
		return;
	}
	if (IS("fault-off", 0)) {
		fault_disarm(t);
		return;
	}
	if (IS("probes", 0)) {
		probes_list(t);
		return;
	}
	if (IS("fired", 0)) {
		probes_take(t);
		return;
	}
	if (IS("fault-calls", 0)) {
		fault_calls(t);
		return;
	}
	if (IS("kldunload", 0))
		error = module_unload(n > 1 && strings_equal(words[1], "-f"));
	else if (IS("kenv", 2))
		env_set(words[1], words[2]);
	else if (IS("kunsetenv", 1))
		env_set(words[1], NULL);
	else if (IS("user", 2))
		credentials_set((uid_t)strtoul(words[1], NULL, 10),
		    strings_equal(words[2], "jailed"));
	else if (IS("securelevel", 1))
		securelevel = (int)strtoul(words[1], NULL, 10);
	else if (IS("ifconfig", 2))
		error = configure(words, n);
	else if (IS("hold", 1))
		stack_hold(strings_equal(words[1], "on"));
	else if (IS("advance", 1))
		clock_advance(strtoul(words[1], NULL, 10));
	else if (IS("fault", 1))
		fault_arm(strtoul(words[1], NULL, 10));
	else if (IS("flood", 2))
		error = flood(words[1], words[2], true);
	else if (IS("flood-wire", 2))
		error = flood(words[1], words[2], false);
	else if (IS("churn", 1))
		error = flood(words[1], "", true);
	else if (IS("freeze", 1))
		threads_freeze(strings_equal(words[1], "on"));
	else if (IS("trace", 1))
		probes_trace(strings_equal(words[1], "on"));
	else if (IS("root", 1))
		is_root_mounted = strings_equal(words[1], "mounted");
	else if (IS("mountroot", 0))
		event_fire_mountroot();
	else if (IS("card", 2)) {
		mac = parse_hex(words[2], &len);
		error =
		    len == ETHER_ADDR_LEN ? card_create(words[1], mac) : EINVAL;
		host_free(mac);
	} else if (IS("card-gone", 1))
		error = card_destroy(words[1]);
	else
		error = ENOSYS;
	text_printf(t, "{\"error\":%d}", error);
#undef IS
}

void
command(const char *line, struct text *t)
{
	char *words[WORDS], *copy = copy_string(line);

	self()->place = NULL;
	run(words, cut(copy, words), t);
	host_free(copy);
	lock_leave_all("a command ends", 0);
	if (self()->epoch > 0)
		violation("a command ends inside of the net epoch that was "
			  "entered in %s",
		    place_text(self()->epoch_place));
}

char *
kpi_command(const char *line)
{
	struct text t = {0};

	command(line, &t);
	return (t.at);
}

void
kpi_reply_free(char *reply)
{
	host_free(reply);
}
