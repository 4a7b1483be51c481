/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * net-load: loads a server and times it, and is the server that stands for the
 * host's own network stack.  Linux and FreeBSD.
 *
 *	net-load [-w MS] [-t MS] [-p PID]... LOAD ...
 *	net-load rtt icmp|udp ADDRESS BYTES	one echo after the other
 *	net-load flood icmp|udp ADDRESS BYTES WINDOW
 *						so many under way
 *	net-load send ADDRESS PORT		bytes to a discard server
 *	net-load receive ADDRESS PORT		bytes from a chargen server
 *	net-load request ADDRESS PORT BYTES	one after the other
 *	net-load connect ADDRESS PORT		connect, one byte, close
 *	net-load first ADDRESS			kern.mirage.run=1 to the first
 *						answer to UDP port 7 (FreeBSD)
 *	net-load serve udp-echo|echo|discard|chargen PORT
 *	net-load tell ADDRESS PORT WORD		a word for ...
 *	net-load hear PORT			... who prints it, and says so
 *
 * A load runs -w milliseconds that do not count, then -t that do, and prints
 * one line of JSON: what it counted, `ns`, `cpuNs`, and of round trips `p50`,
 * `p90` and `p99` in nanoseconds.  What comes back is compared with what was
 * sent.  Exit code 1: the server closed early, did not answer within 10
 * seconds, or answered something else; 64: bad arguments.
 */
#include "load.h"

#if !__STDC_HOSTED__
GUEST_START;
#endif

#define SAMPLES_MAX (1 << 20)
#define OUTPUT_MAX  4096

uint64_t warmup_ns = 200000000, measure_ns = 1000000000;

static const struct {
	const char *name;
	int words;
	void (*run)(char **words);
} loads[] = {
    {"rtt", 3, load_rtt},
    {"flood", 4, load_flood},
    {"send", 2, load_send},
    {"receive", 2, load_receive},
    {"request", 3, load_request},
    {"connect", 2, load_connect},
    {"first", 1, load_first},
    {"serve", 2, load_serve},
    {"tell", 3, load_tell},
    {"hear", 1, load_hear},
};

static uint64_t samples[SAMPLES_MAX], sampled;
static char output[OUTPUT_MAX];
static size_t output_len;

static void
put(const char *text)
{
	size_t len = strlen(text);

	if (len > OUTPUT_MAX - output_len)
		len = OUTPUT_MAX - output_len;
	memcpy(output + output_len, text, len);
	output_len += len;
}

static void
put_number(uint64_t value)
{
	char digits[24];
	int at = (int)sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	put(digits + at);
}

static void
flush(int fd)
{
	if (write(fd, output, output_len) != (ssize_t)output_len)
		exit(1);
	output_len = 0;
}

void
fail(const char *what, bool with_errno)
{
	const char *why = with_errno ? error_text() : "";

	output_len = 0;
	put("net-load: ");
	put(what);
	if (with_errno)
		put(": ");
	put(why);
	put("\n");
	flush(2);
	exit(1);
}

void
usage(const char *what, const char *given)
{
	put("net-load: ");
	put(what);
	if (given != NULL) {
		put(", not ");
		put(given);
	}
	put("\n");
	flush(2);
	exit(64);
}

void
report(const char *name, uint64_t value)
{
	put(output_len == 0 ? "{\"" : ",\"");
	put(name);
	put("\":");
	put_number(value);
}

void
report_end(void)
{
	put("}\n");
	flush(1);
}

uint64_t
now_ns(void)
{
	struct timespec t = {0, 0};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
}

void
measurement_start(struct measurement *m)
{
	m->counting = false;
	m->began = now_ns();
	m->over_at = m->began + warmup_ns;
	m->cpu = 0;
}

bool
measurement_running(struct measurement *m, uint64_t now)
{
	if (now < m->over_at)
		return (true);
	if (m->counting)
		return (false);
	m->counting = true;
	m->cpu = cpu_ns();
	m->began = now_ns();
	m->over_at = m->began + measure_ns;
	return (true);
}

void
measurement_stop(struct measurement *m)
{
	uint64_t ended = now_ns();

	report("ns", ended - m->began);
	report("cpuNs", cpu_ns() - m->cpu);
}

void
sample(uint64_t ns)
{
	samples[sampled++ % SAMPLES_MAX] = ns;
}

void
report_samples(void)
{
	uint64_t n = sampled < SAMPLES_MAX ? sampled : SAMPLES_MAX;
	uint64_t gap, i, j;

	if (n == 0)
		fail("no answer", false);
	for (gap = n / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (i = gap; i < n; i++) {
			uint64_t x = samples[i];

			for (j = i; j >= gap && samples[j - gap] > x; j -= gap)
				samples[j] = samples[j - gap];
			samples[j] = x;
		}
	report("p50", samples[n / 2]);
	report("p90", samples[n * 90 / 100]);
	report("p99", samples[n * 99 / 100]);
}

uint64_t
number(const char *what, const char *text, uint64_t max)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && value <= max; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	if (text[i] != '\0' || value == 0 || value > max) {
		put("net-load: ");
		put(what);
		put(" is a whole number from 1 to ");
		put_number(max);
		put(", not ");
		put(text);
		put("\n");
		flush(2);
		exit(64);
	}
	return (value);
}

uint32_t
ipv4_address(const char *text)
{
	uint8_t bytes[4] = {0};
	uint32_t value = 0, result;
	const char *s;
	int i = 0, digits = 0;

	for (s = text; i < 4; s++) {
		if (*s >= '0' && *s <= '9' && digits < 3) {
			value = value * 10 + (uint32_t)(*s - '0');
			digits++;
			continue;
		}
		if (digits == 0 || value > 255 || *s != (i < 3 ? '.' : '\0'))
			usage("an IPv4 address is wanted", text);
		bytes[i++] = (uint8_t)value;
		value = 0;
		digits = 0;
	}
	memcpy(&result, bytes, sizeof(result));
	return (result);
}

struct sockaddr_in
socket_address(uint32_t address, uint64_t port)
{
	struct sockaddr_in sin;

	memset(&sin, 0, sizeof(sin));
#ifdef __FreeBSD__
	sin.sin_len = sizeof(sin);
#endif
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)port);
	memcpy(&sin.sin_addr, &address, sizeof(address));
	return (sin);
}

void
no_delay(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		fail("TCP_NODELAY", true);
}

void
non_blocking(int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		fail("O_NONBLOCK", true);
}

const uint8_t *
chargen_at(uint64_t offset)
{
	static uint8_t lines[CHARGEN_BYTES + CHUNK_BYTES];
	size_t i;

	if (lines[0] == 0)
		for (i = 0; i < sizeof(lines); i++) {
			size_t line = i / (CHARGEN_COLUMNS + 2);
			size_t column = i % (CHARGEN_COLUMNS + 2);

			lines[i] = column < CHARGEN_COLUMNS ?
			    (uint8_t)(' ' +
				(line + column) % CHARGEN_CHARACTERS) :
			    column == CHARGEN_COLUMNS ? '\r' :
							'\n';
		}
	return (lines + offset % CHARGEN_BYTES);
}

int
main(int argc, char **argv)
{
	size_t i;
	int at;

	for (at = 1; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		if (strcmp(argv[at], "-w") == 0)
			warmup_ns =
			    number("-w", argv[at + 1], 3600000) * 1000000;
		else if (strcmp(argv[at], "-t") == 0)
			measure_ns =
			    number("-t", argv[at + 1], 3600000) * 1000000;
		else if (strcmp(argv[at], "-p") == 0)
			cpu_add_process(number("-p", argv[at + 1], INT32_MAX));
		else
			usage("there are -w, -t and -p", argv[at]);
	}
	if (at >= argc)
		usage("net-load [-w MS] [-t MS] [-p PID]... LOAD ...", NULL);
	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (strcmp(argv[at], loads[i].name) != 0)
			continue;
		if (argc - at - 1 != loads[i].words)
			usage("too many or too few words after", argv[at]);
		loads[i].run(&argv[at + 1]);
		return (0);
	}
	usage("a load is wanted: rtt, flood, send, receive, request, connect, "
	      "first, serve, tell or hear",
	    argv[at]);
}
