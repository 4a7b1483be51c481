/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The command line of an executable that `mirage build` made.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static const struct option {
	const char *name; /* without -- */
	const char *argument; /* NULL: takes none */
	const char *help;
} known[] = {
    {"net", "SPEC",
	"a network interface; may be given several times:\n"
	"tap:NAME       a tap, made (and removed at the end) if\n"
	"               there is none of that name (tap:NAME,novnet:\n"
	"               without offloads)\n"
	"fd:NUMBER      an open tap, or a SOCK_SEQPACKET or\n"
	"               SOCK_DGRAM socket of frames (fd:NUMBER,vnet:\n"
	"               each after a virtio-net header)\n"
	"pcap:IN[,OUT]  frames from a capture, answers to another,\n"
	"               on the capture's clock\n"
	"socket         no interface: the host's own TCP and UDP, at\n"
	"               its own addresses"},
    {"ipv4", "ADDRESS/PREFIX", "the program's address, e.g. 10.0.0.2/24"},
    {"gateway", "ADDRESS", "its IPv4 router, e.g. 10.0.0.1"},
    {"ipv6", "WHAT",
	"off            no IPv6, as without this option\n"
	"auto           link-local, and what routers advertise\n"
	"ADDRESS/PREFIX link-local and this one, e.g.\n"
	"               2001:db8::2/64; routers are heard"},
    {"gateway6", "ADDRESS", "an IPv6 router, e.g. fe80::1"},
    {"mac", "ADDRESS", "MAC address of the first interface (then of the next)"},
    {"rtparams", "PARAMS", "budgets: see below"},
    {"control", "PATH",
	"a socket at which \"mirage netstat PATH\" asks for\n"
	"connections, neighbours, routes and counters"},
    {"profile", "FILE",
	"samples what runs, 997 times for a second of CPU time,\n"
	"and writes the stacks at the end; \"mirage trace --flame\"\n"
	"draws them"},
    {"stats", NULL, "print statistics at the end even without an interface"},
    {"help", NULL, "print this"},
    {"version", NULL, "print the program's name and build"},
};

#define NKNOWN (sizeof(known) / sizeof(known[0]))

static void
print_help(const char *self)
{
	size_t rows, texts, i;
	const struct mirage_rtparam_row *row = mirage_rtparams_table(&rows);
	const struct mirage_rtparam_text_row *text =
	    mirage_rtparams_texts(&texts);
	char dflt[24], least[24], most[24];

	printf("usage: %s [OPTION ...] [-- ARGUMENT ...]\n\n"
	       "Runs %s. Arguments behind -- are the program's.\n\n",
	    self, mirage_program.name);
	for (i = 0; i < NKNOWN; i++) {
		const char *line = known[i].help;
		char left[40];

		snprintf(left, sizeof(left), "--%s %s", known[i].name,
		    known[i].argument == NULL ? "" : known[i].argument);
		while (line != NULL) {
			const char *end = strchr(line, '\n');
			int n =
			    end == NULL ? (int)strlen(line) : (int)(end - line);

			printf("  %-22s  %.*s\n", left, n, line);
			left[0] = '\0';
			line = end == NULL ? NULL : end + 1;
		}
	}
	printf("\nrtparams are letter=value, separated by commas; a value may "
	       "end in k, M or G:\n"
	       "--rtparams h=64M,i=10M. $MIRAGERUNPARAM is read first, in the "
	       "same form.\n\n");
	for (i = 0; i < rows; i++)
		printf("  %c  %s\n     (%s; default %s, %s to %s)\n",
		    row[i].letter, row[i].text, row[i].unit,
		    mirage_rtparams_format(row[i].dflt, dflt, sizeof(dflt)),
		    mirage_rtparams_format(row[i].min, least, sizeof(least)),
		    mirage_rtparams_format(row[i].max, most, sizeof(most)));
	for (i = 0; i < texts; i++)
		printf("  %c  %s\n     (%s; default %s)\n", text[i].letter,
		    text[i].text, text[i].form, text[i].dflt);
	printf("\nexit codes: 0, or what the program passed to exit(); 64 bad "
	       "arguments; 70 the program\nfailed or broke a budget; 130 "
	       "Ctrl-C; 143 terminated. SIGUSR1 prints statistics.\n\n"
	       "example: %s --net tap:mirage0 --ipv4 10.0.0.2/24 "
	       "--gateway 10.0.0.1\n",
	    self);
}

/* Edits (insert, delete, replace) from one word to another. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[32], i, j;

	if (strlen(b) >= 31)
		return (99);
	for (j = 0; j <= strlen(b); j++)
		row[j] = j;
	for (i = 1; i <= strlen(a); i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (j = 1; j <= strlen(b); j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return (row[strlen(b)]);
}

static int
unknown_option(const char *word, size_t len)
{
	char name[64];
	unsigned best = UINT32_MAX;
	const char *nearest = "";
	size_t i;

	while (*word == '-') {
		word++;
		len--;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	for (i = 0; i < NKNOWN; i++) {
		unsigned d = distance(name, known[i].name);

		if (d < best) {
			best = d;
			nearest = known[i].name;
		}
	}
	fprintf(stderr,
	    "mirage: unknown option --%s; did you mean --%s? (--help lists "
	    "them)\n",
	    name, nearest);
	return (EXIT_USAGE_ERROR);
}

/* A dotted quad, and nothing behind it. */
static bool
parse_address(const char *text, uint32_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return (false);
	*address = ntohl(in.s_addr);
	return (true);
}

static uint32_t
mask_of(unsigned prefix)
{
	return (UINT32_MAX << (32 - prefix));
}

static bool
parse_ipv4(struct options *o, const char *text)
{
	const char *slash = strchr(text, '/');
	char quad[32], *end = NULL;
	unsigned long prefix = 0;
	uint32_t host;

	if (slash != NULL && (size_t)(slash - text) < sizeof(quad)) {
		snprintf(quad, sizeof(quad), "%.*s", (int)(slash - text), text);
		if (slash[1] >= '0' && slash[1] <= '9')
			prefix = strtoul(slash + 1, &end, 10);
	}
	if (end == NULL || *end != '\0' || prefix < 1 || prefix > 32 ||
	    !parse_address(quad, &o->address)) {
		fprintf(stderr,
		    "mirage: --ipv4 %s: not an address with the length of its "
		    "prefix (1 to 32), as in 10.0.0.2/24\n",
		    text);
		return (false);
	}
	o->prefix = (unsigned)prefix;
	host = o->address & ~mask_of(o->prefix);
	if (o->address == 0 || o->address >> 28 >= 14 ||
	    o->address >> 24 == 127 ||
	    (prefix < 31 &&
		(host == 0 || host == (uint32_t)~mask_of(o->prefix)))) {
		fprintf(stderr,
		    "mirage: --ipv4 %s: not the address of a host in that "
		    "network, as in 10.0.0.2/24\n",
		    text);
		return (false);
	}
	o->has_ipv4 = true;
	o->config.ipv4 = text;
	return (true);
}

static bool
parse_ipv6(struct options *o, const char *text)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN], *end = NULL;
	unsigned long prefix = 0;
	struct in6_addr in;

	if (strcmp(text, "auto") != 0 && strcmp(text, "off") != 0) {
		address[0] = '\0';
		if (slash != NULL && (size_t)(slash - text) < sizeof(address)) {
			snprintf(address, sizeof(address), "%.*s",
			    (int)(slash - text), text);
			if (slash[1] >= '0' && slash[1] <= '9')
				prefix = strtoul(slash + 1, &end, 10);
		}
		if (end == NULL || *end != '\0' || prefix < 1 || prefix > 128 ||
		    inet_pton(AF_INET6, address, &in) != 1) {
			fprintf(stderr,
			    "mirage: --ipv6 %s: neither auto, off, nor an "
			    "address with the length of its prefix (1 to "
			    "128), as in 2001:db8::2/64\n",
			    text);
			return (false);
		}
		if (IN6_IS_ADDR_UNSPECIFIED(&in) || IN6_IS_ADDR_LOOPBACK(&in) ||
		    IN6_IS_ADDR_MULTICAST(&in) || IN6_IS_ADDR_V4MAPPED(&in) ||
		    IN6_IS_ADDR_V4COMPAT(&in)) {
			fprintf(stderr,
			    "mirage: --ipv6 %s: not the address of a host, as "
			    "in 2001:db8::2/64\n",
			    text);
			return (false);
		}
	}
	memset(o->address6, 0, sizeof(o->address6));
	if (slash != NULL) {
		memcpy(o->address6, &in, sizeof(o->address6));
		o->prefix6 = (unsigned)prefix;
	}
	o->config.ipv6 = text;
	return (true);
}

static bool
check_gateway6(struct options *o, const char *text)
{
	struct in6_addr in;

	if (inet_pton(AF_INET6, text, &in) != 1 ||
	    IN6_IS_ADDR_UNSPECIFIED(&in) || IN6_IS_ADDR_MULTICAST(&in)) {
		fprintf(stderr,
		    "mirage: --gateway6 %s: not the IPv6 address of a router, "
		    "as in fe80::1\n",
		    text);
		return (false);
	}
	if (o->config.ipv6 == NULL || strcmp(o->config.ipv6, "off") == 0) {
		fprintf(stderr,
		    "mirage: --gateway6 %s: needs --ipv6 auto or --ipv6 "
		    "ADDRESS/PREFIX too\n",
		    text);
		return (false);
	}
	o->config.gateway6 = text;
	return (true);
}

static bool
parse_mac(struct options *o, const char *text)
{
	uint8_t *m = o->macs[o->nmacs];
	unsigned v[6];
	int n = 0, i;

	if (o->nmacs == UNIX_NICS ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &v[0], &v[1], &v[2],
		&v[3], &v[4], &v[5], &n) != 6 ||
	    text[n] != '\0' || (v[0] & 1) != 0) {
		fprintf(stderr,
		    "mirage: --mac %s: not the MAC address of one interface, "
		    "as in 02:00:00:00:00:02\n",
		    text);
		return (false);
	}
	for (i = 0; i < 6; i++)
		m[i] = (uint8_t)v[i];
	o->nmacs++;
	return (true);
}

static bool
parse_rtparams(struct options *o, const char *from, const char *text)
{
	char error[MIRAGE_RTPARAMS_ERROR_BYTES];

	if (mirage_rtparams_parse(
		&o->config.params, text, error, sizeof(error))) {
		if (o->config.params.interfaces[0] == '\0' &&
		    o->config.params.mac[0] == '\0')
			return (true);
		snprintf(error, sizeof(error),
		    "n and m are for the kernel; here --net and --mac say "
		    "that (see --help)");
	}
	fprintf(stderr, "mirage: %s \"%s\": %s\n", from, text, error);
	return (false);
}

static bool
check_gateway(struct options *o, const char *text)
{
	if (!parse_address(text, &o->gateway) || o->gateway == 0) {
		fprintf(stderr,
		    "mirage: --gateway %s: not an IPv4 address, as in "
		    "10.0.0.1\n",
		    text);
		return (false);
	}
	if (!o->has_ipv4) {
		fprintf(stderr,
		    "mirage: --gateway %s: needs --ipv4 ADDRESS/PREFIX too\n",
		    text);
		return (false);
	}
	if (((o->gateway ^ o->address) & mask_of(o->prefix)) != 0 ||
	    o->gateway == o->address) {
		fprintf(stderr,
		    "mirage: --gateway %s: not another address in the network "
		    "of --ipv4 %s\n",
		    text, o->config.ipv4);
		return (false);
	}
	o->config.gateway = text;
	return (true);
}

/* One option with its argument.  false: said what is wrong. */
static bool
apply(struct options *o, const char *name, const char *value,
    const char **gateway)
{
	if (strcmp(name, "net") == 0) {
		if (o->nnets == UNIX_NICS) {
			fprintf(stderr, "mirage: --net %s: at most %d\n", value,
			    UNIX_NICS);
			return (false);
		}
		o->nets[o->nnets++] = value;
		return (true);
	}
	if (strcmp(name, "ipv4") == 0)
		return (parse_ipv4(o, value));
	if (strcmp(name, "ipv6") == 0)
		return (parse_ipv6(o, value));
	if (strcmp(name, "gateway6") == 0)
		o->config.gateway6 = value; /* checked when --ipv6 is known */
	if (strcmp(name, "mac") == 0)
		return (parse_mac(o, value));
	if (strcmp(name, "rtparams") == 0)
		return (parse_rtparams(o, "--rtparams", value));
	if (strcmp(name, "gateway") == 0)
		*gateway = value; /* checked when --ipv4 is known */
	if (strcmp(name, "stats") == 0)
		o->statistics = true;
	else if (strcmp(name, "control") == 0)
		o->control = value;
	else if (strcmp(name, "profile") == 0)
		o->profile = value;
	return (true);
}

/* The host's sockets take the place of all that interfaces are for. */
static bool
check_sockets(const struct options *o)
{
	const char *other = NULL;
	unsigned i;
	bool sockets = false;

	for (i = 0; i < o->nnets; i++)
		sockets |= strcmp(o->nets[i], "socket") == 0;
	if (!sockets)
		return (true);
	if (o->nnets > 1)
		other = "another --net";
	else if (o->has_ipv4)
		other = "--ipv4";
	else if (o->config.ipv6 != NULL && strcmp(o->config.ipv6, "off") != 0)
		other = "--ipv6";
	else if (o->nmacs > 0)
		other = "--mac";
	if (other == NULL)
		return (true);
	fprintf(stderr,
	    "mirage: --net socket: the program has the host's addresses then, "
	    "so %s does not go with it\n",
	    other);
	return (false);
}

int
options_parse(struct options *o, int argc, char **argv)
{
	const char *gateway = NULL, *env = getenv("MIRAGERUNPARAM");
	int i;

	memset(o, 0, sizeof(*o));
	mirage_rtparams_default(&o->config.params);
	if (env != NULL && !parse_rtparams(o, "$MIRAGERUNPARAM", env))
		return (EXIT_USAGE_ERROR);
	for (i = 1; i < argc; i++) {
		const char *word = argv[i], *equals, *value = NULL;
		const struct option *option = NULL;
		size_t len, k;

		if (strcmp(word, "--") == 0) {
			i++;
			break;
		}
		if (word[0] != '-' || word[1] == '\0') {
			fprintf(stderr,
			    "mirage: unexpected \"%s\": arguments of the "
			    "program go behind --\n",
			    word);
			return (EXIT_USAGE_ERROR);
		}
		equals = strchr(word, '=');
		len = equals == NULL ? strlen(word) : (size_t)(equals - word);
		if (strcmp(word, "-h") == 0)
			option = &known[NKNOWN - 2];
		for (k = 0; k < NKNOWN && strncmp(word, "--", 2) == 0; k++)
			if (strlen(known[k].name) == len - 2 &&
			    strncmp(known[k].name, word + 2, len - 2) == 0)
				option = &known[k];
		if (option == NULL)
			return (unknown_option(word, len));
		if (option->argument == NULL && equals != NULL) {
			fprintf(stderr, "mirage: --%s takes no argument\n",
			    option->name);
			return (EXIT_USAGE_ERROR);
		}
		if (option->argument != NULL) {
			if (equals != NULL)
				value = equals + 1;
			else if (i + 1 < argc)
				value = argv[++i];
			else {
				fprintf(stderr, "mirage: --%s needs %s\n",
				    option->name, option->argument);
				return (EXIT_USAGE_ERROR);
			}
		}
		if (strcmp(option->name, "help") == 0) {
			print_help(argv[0]);
			return (0);
		}
		if (strcmp(option->name, "version") == 0) {
			printf("%s (mirage, build %s)\n", mirage_program.name,
			    mirage_program.build_id);
			return (0);
		}
		if (!apply(o, option->name, value, &gateway))
			return (EXIT_USAGE_ERROR);
	}
	if (gateway != NULL && !check_gateway(o, gateway))
		return (EXIT_USAGE_ERROR);
	if (o->config.gateway6 != NULL &&
	    !check_gateway6(o, o->config.gateway6))
		return (EXIT_USAGE_ERROR);
	if (o->nmacs > o->nnets) {
		fprintf(stderr, "mirage: more --mac than --net\n");
		return (EXIT_USAGE_ERROR);
	}
	if (!check_sockets(o))
		return (EXIT_USAGE_ERROR);
	o->config.argc = argc - i;
	o->config.argv = argv + i;
	return (-1);
}
