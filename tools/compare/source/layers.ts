/**
 * Which files make a layer: Mirage's, FreeBSD's that do the same, and Mirage's tests of it. Data; a name that ends in `/`
 * is all of a folder, one that ends in `*` all that begins so. A file belongs to the first layer that names it. Files that a version of FreeBSD does not have are
 * left out.
 *
 * @module
 */

export interface Layer {
  readonly name: string;
  /** Below the project. */
  readonly mirage: readonly string[];
  /** Below sys/. */
  readonly freebsd: readonly string[];
  /** Below the project. */
  readonly tests: readonly string[];
}

const netinet = (...names: string[]): string[] => names.map((name) => `netinet/${name}`);
const netinet6 = (...names: string[]): string[] => names.map((name) => `netinet6/${name}`);
const stack = (...names: string[]): string[] => names.map((name) => `src/stack/${name}`);
const tests = (...names: string[]): string[] => names.map((name) => `test/stack/${name}`);

export const layers: readonly Layer[] = [
  {
    name: "ethernet",
    mirage: stack("ethernet/"),
    freebsd: ["net/if_ethersubr.c", "net/ethernet.h"],
    tests: [],
  },
  {
    name: "arp",
    mirage: stack("arp/"),
    freebsd: [...netinet("if_ether.c", "if_ether.h"), "net/if_arp.h", "net/if_llatbl.c", "net/if_llatbl.h"],
    tests: tests("ethernet-arp.test.ts"),
  },
  {
    name: "ipv4",
    mirage: stack("ipv4/", "routes.ts", "pathmtu.ts"),
    freebsd: netinet("ip_input.c", "ip_output.c", "in.c", "ip_id.c", "ip.h", "ip_var.h", "in_var.h"),
    tests: tests("ipv4.test.ts", "path-mtu.test.ts", "addresses.test.ts"),
  },
  {
    name: "fragments (IPv4, IPv6)",
    mirage: stack("reassembly/"),
    freebsd: [...netinet("ip_reass.c"), ...netinet6("frag6.c")],
    tests: tests("fragments.test.ts"),
  },
  {
    name: "icmp",
    mirage: stack("icmp/"),
    freebsd: netinet("ip_icmp.c", "ip_icmp.h", "icmp_var.h"),
    tests: tests("icmp.test.ts"),
  },
  {
    name: "igmp",
    mirage: stack("igmp/"),
    freebsd: netinet("igmp.c", "igmp.h", "igmp_var.h", "in_mcast.c"),
    tests: tests("multicast.test.ts"),
  },
  {
    name: "ipv6",
    mirage: stack("ipv6/", "stack6.ts"),
    freebsd: [
      ...netinet6("ip6_input.c", "ip6_output.c", "in6.c", "in6_src.c", "dest6.c", "route6.c", "scope6.c"),
      ...netinet6("ip6_id.c", "ip6_var.h", "in6_var.h", "scope6_var.h"),
      ...netinet("ip6.h"),
    ],
    tests: tests("ipv6.test.ts", "properties6.test.ts"),
  },
  {
    name: "icmp6",
    mirage: stack("icmp6/"),
    freebsd: [...netinet6("icmp6.c"), ...netinet("icmp6.h")],
    tests: tests("icmp6.test.ts"),
  },
  {
    name: "nd",
    mirage: stack("nd/"),
    freebsd: netinet6("nd6.c", "nd6.h", "nd6_nbr.c"),
    tests: tests("nd.test.ts"),
  },
  {
    name: "slaac",
    mirage: stack("slaac/"),
    freebsd: netinet6("nd6_rtr.c"),
    tests: tests("slaac.test.ts"),
  },
  {
    name: "mld",
    mirage: stack("mld/"),
    freebsd: netinet6("mld6.c", "mld6.h", "mld6_var.h", "in6_mcast.c"),
    tests: tests("mld.test.ts"),
  },
  {
    name: "udp",
    mirage: stack("udp/"),
    freebsd: [...netinet("udp_usrreq.c", "udp.h", "udp_var.h"), ...netinet6("udp6_usrreq.c", "udp6_var.h")],
    tests: [...tests("udp.test.ts"), "test/system/udp.test.ts"],
  },
  {
    name: "tcp",
    mirage: stack("tcp/", "siphash.ts"),
    freebsd: [
      ...netinet(
        "tcp_input.c",
        "tcp_output.c",
        "tcp_subr.c",
        "tcp_timer.c",
        "tcp_usrreq.c",
        "tcp_syncache.c",
      ),
      ...netinet("tcp_sack.c", "tcp_reass.c", "tcp_timewait.c", "tcp_hostcache.c", "tcp_ecn.c"),
      ...netinet(
        "tcp.h",
        "tcp_var.h",
        "tcp_fsm.h",
        "tcp_seq.h",
        "tcp_timer.h",
        "tcp_syncache.h",
        "tcp_ecn.h",
      ),
      ...netinet(
        "cc/cc.c",
        "cc/cc.h",
        "cc/cc_newreno.c",
        "cc/cc_newreno.h",
        "cc/cc_cubic.c",
        "cc/cc_cubic.h",
      ),
      "crypto/siphash/siphash.c",
      "crypto/siphash/siphash.h",
    ],
    tests: [
      ...tests("tcp-*", "siphash.test.ts", "siphash.frame.ts"),
      "test/packetdrill/",
      "test/system/tcp.test.ts",
      "test/freebsd/tcp.sh",
    ],
  },
  {
    name: "control blocks (of udp and tcp)",
    mirage: [],
    freebsd: [...netinet("in_pcb.c", "in_pcb.h", "in_pcb_var.h"), ...netinet6("in6_pcb.c", "in6_pcb.h")],
    tests: [],
  },
  {
    name: "the rest of the stack",
    mirage: ["src/stack/"],
    freebsd: [...netinet("in_proto.c"), ...netinet6("in6_proto.c"), "net/if_loop.c"],
    tests: ["test/stack/", "test/fuzz/", "test/adversary/"],
  },
  {
    name: "library",
    mirage: ["src/lib/"],
    freebsd: [],
    tests: ["test/lib/", "test/examples/"],
  },
  {
    name: "runtime",
    mirage: ["runtime/"],
    freebsd: [],
    tests: ["test/engine/", "test/unix/", "test/system/"],
  },
  {
    name: "floating point, C library",
    mirage: ["stdlib-nofloat/"],
    freebsd: [],
    tests: ["test/nofloat/"],
  },
  {
    name: "kmod",
    mirage: ["kmod/"],
    freebsd: [],
    tests: ["test/kpi/", "test/kfreebsd/", "test/freebsd/"],
  },
];

/** What the numbers do not say. */
export const notes: readonly string[] = [
  "Lines are those with code on them, all branches of #if among them. Complexity is McCabe's: 1, and 1 for each if, loop, case, catch, ?:, && and ||; in C of the first branch of each #if, with *_FOREACH as a loop.",
  "C is measured by lizard, TypeScript by its own compiler's parser; functions within functions count by themselves.",
  "Mirage's layers keep the wire formats beside the code; so FreeBSD's headers of the protocols are in its count. Its control blocks serve UDP and TCP; Mirage's tables are in those layers. FreeBSD's table of neighbours (if_llatbl) serves ARP and ND, and is counted with ARP.",
  "FreeBSD does more: it forwards packets, has sockets with options, IPsec, jails (VIMAGE), locks for many CPUs, MAC, multicast source filters, TCP-MD5, and sysctls for all of them; the code for these is within the files that are counted.",
  "Not in the count, as Mirage has none of it: offload engines (tcp_offload, toecore, tcp_lro), alternate TCP stacks (tcp_stacks: RACK, BBR; Mirage's RACK-TLP is in its tcp), fast open, pacing, logging (tcp_log_buf, tcp_pcap), SCTP, raw sockets, multicast routing, CARP, dummynet, ipfw, IP options, the routing tables of net/route and their lookups.",
  "Tests are Mirage's own: cases as they are written (a case over a table counts once), and the lines of their files and helpers. A file may test more than its layer; the folders of runtime and kmod hold tests of layers above, too. The build and the command are in no layer. FreeBSD's tests are in a tree of their own and are not counted.",
];
