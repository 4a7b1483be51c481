/** A report with each kind of plot, with names that try to break out of the page. */
import { compareReport, flameReport, latencyPlot, parseFolded, type Report } from "../../src/report/index.ts";
import type { CompareResults, Comparison } from "../../tools/compare/results.ts";

/** Markup, entities, quotes, a control character and a mark that reverses text. */
export const HOSTILE = `</svg><script>document.title="broken"</script>&amp;'"\u0007\u202e<img src="http://192.0.2.1/x.png">`;

const environment: Report["environment"] = [
  ["machine", "2 x Some Processor 9000 with a long name, 24 GiB"],
  ["kernel", `linux 6.18 ${HOSTILE}`],
  ["date", "2026-11-21 10:00 UTC"],
  ["load", "1.02, 0.80, 0.64"],
];

const shares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const losses = [0, 0.1, 0.3, 1, 3, 10, 20, 30];
const sizes = [64, 128, 256, 512, 1024, 1514];

export const plots: Report = {
  title: `Every kind of plot ${HOSTILE}`,
  text: ["Made-up numbers, to look at the drawing of them."],
  environment,
  sections: [
    {
      title: "Latency",
      text: ["Round trips of single requests."],
      plot: latencyPlot("round trip, µs", [
        {
          name: "ICMP echo, the stack",
          quantiles: shares.map((share) => [share, 9 + 4 / (1 - share) ** 0.6]),
        },
        {
          name: `UDP echo in application code, a long name ${HOSTILE}`,
          quantiles: shares.map((share) => [share, 31 + 7 / (1 - share) ** 0.5]),
        },
        { name: "Linux", quantiles: shares.map((share) => [share, 15 + 5 / (1 - share) ** 0.7]) },
      ]),
    },
    {
      title: "Throughput against frame size",
      plot: {
        kind: "lines",
        x: {
          title: "frame, bytes",
          scale: "log",
          ticks: sizes.map((value) => ({ value, label: String(value) })),
        },
        y: { title: "echoes a second", scale: "linear" },
        series: ["frame code", "socket", "for await", "raw frames", "one", "two", "three", "four"].map(
          (name, i) => ({
            name,
            points: sizes.map((x) => ({
              x,
              y: 9e5 / (i + 1) / (1 + x / 3000),
              low: 8.6e5 / (i + 1) / (1 + x / 3000),
              high: 9.3e5 / (i + 1) / (1 + x / 3000),
            })),
          }),
        ),
      },
    },
    {
      title: "Goodput against loss",
      plot: {
        kind: "lines",
        x: {
          title: "loss each way, %",
          scale: "symlog",
          linearBelow: 0.05,
          ticks: losses.map((value) => ({ value, label: `${value} %` })),
        },
        y: { title: "goodput, Mbit/s", scale: "log" },
        series: [16, 64, 256, 1024].map((kib, i) => ({
          name: `${kib} KiB`,
          points: losses.map((x) => ({ x, y: Math.min(5 * 4 ** i, 71, 6 / (x + 0.07)) })),
        })),
      },
    },
    {
      title: "Ratios",
      plot: {
        kind: "ratios",
        axis: "Mirage / FreeBSD",
        spread: "least to greatest of 5 rounds",
        rows: [
          { label: "ICMP 64 bytes: round trip, median", ratio: 1.53, low: 1.52, high: 1.7, better: "lower" },
          { label: "ICMP 64 bytes: echoes a second", ratio: 0.85, low: 0.84, high: 0.86, better: "higher" },
          { label: "UDP 64 bytes: echoes a second", ratio: 0.23, low: 0.22, high: 0.24, better: "higher" },
          {
            label: "bulk from the program with the offloads of the client's interface turned off, Gbit/s",
            ratio: 7.2,
            low: 1.97,
            high: 7.4,
            better: "higher",
          },
          { label: HOSTILE, ratio: 1, low: 0.5, high: 2, better: "lower" },
        ],
      },
    },
    { title: "Nothing here", skipped: `no ethtool(8) ${HOSTILE}` },
    {
      title: "A table alone",
      table: {
        head: ["what", "KiB"],
        rows: [
          ["idle", "1,904"],
          [`a word of its own: ${"x".repeat(90)}`, "3"],
        ],
      },
    },
  ],
};

const folded = `# a comment
mirage;main;run_loop_[k];turn;handle (main.ts:12)_[j];checksum (main.ts:30)_[j] 170
mirage;main;run_loop_[k];turn;handle (main.ts:12)_[j] 80
mirage;main;run_loop_[k];input (src/stack/ipv4/input.ts:40)_[f];tcpInput (src/stack/tcp/input.ts:99)_[f] 210
mirage;main;run_loop_[k];input (src/stack/ipv4/input.ts:40)_[f];udpInput (src/stack/udp/input.ts:9)_[f] 3
mirage;main;run_loop_[k];mi_sleep_[k];0xffffffff80a1b2c3_[k] 11
mirage;main;${HOSTILE.replaceAll(";", "")} 20
swapper;acpi_cpu_idle_[k] 90
`;

/** Many functions that are too narrow to be named or drawn. */
const narrow = Array.from(
  { length: 400 },
  (_, i) => `mirage;main;many;leaf_${i};deeper_${i % 7} ${(i % 5) + 1}`,
);

export const flame: Report = flameReport(
  parseFolded(`${folded}${narrow.join("\n")}\nmirage;main;${"again;".repeat(40)}again 9\n`, "samples"),
  `tcp-echo under load ${HOSTILE}`,
  environment,
);

function comparison(
  title: string,
  bytes: number | undefined,
  metric: Comparison["metric"],
  native: number,
  ratio: number,
): Comparison {
  const summary = (median: number) => ({ median, low: median * 0.93, high: median * 1.12, confidence: 0.94 });
  return {
    workload: title.toLowerCase().replaceAll(" ", "-"),
    title,
    ...(bytes === undefined ? {} : { bytes }),
    offloads: bytes !== 1400,
    metric,
    rounds: [{ native, mirage: native * ratio, first: "native" }],
    native: summary(native),
    mirage: summary(native * ratio),
    ratio: summary(ratio),
  };
}

const echoes = ["ICMP echo", "UDP echo"].flatMap((title, i) =>
  [64, 1400].flatMap((bytes, j) => [
    ...[50, 90, 99].map((share, k) =>
      comparison(
        title,
        bytes,
        { id: `rtt-p${share}`, title: `round trip, ${share} %`, unit: "us", better: "lower" },
        50 + 30 * i + 9 * j + 40 * k,
        1.2 + i * 0.4,
      ),
    ),
    comparison(
      title,
      bytes,
      { id: "rate", title: "echoes", unit: "packets/s", better: "higher" },
      70508 - 9000 * i,
      0.85 - 0.6 * i,
    ),
  ]),
);

const compared: CompareResults = {
  schema: "mirage-compare/1",
  version: "0.1.0",
  began: "2026-11-21T10:00:12.123Z",
  ended: "2026-11-21T10:09:55.000Z",
  machine: {
    processor: "2 x Some Processor",
    cpus: 2,
    system: "Linux 6.18",
    loadBefore: [0.5, 1, 2],
    loadAfter: [2, 1.5, 1],
  },
  settings: { rounds: 5, seconds: 3, warmup: 1, quick: false },
  method: "Medians of the rounds; sides take turns.",
  scenarios: [
    {
      id: "jail",
      title: "A jail and mirage0",
      system: "FreeBSD 14.0-STABLE (1400507)",
      cpus: 2,
      emulated: true,
      native: "a jail with a network stack of its own, over epair(4).",
      mirage: `the program on mirage0 ${HOSTILE}.`,
      notes: ["mirage0 takes packets of up to 64 KiB, which epair(4) does not."],
      comparisons: [
        ...echoes,
        comparison(
          "TCP in",
          undefined,
          { id: "goodput", title: "goodput", unit: "Gbit/s", better: "higher" },
          0.16,
          7.2,
        ),
        // Nothing came through: no ratio, but still a row of the table.
        comparison(HOSTILE, 64, { id: "rate", title: "rate", unit: "a second", better: "higher" }, 9, 0),
      ],
      facts: [{ title: "memory of an idle instance", value: 1904, unit: "KiB" }],
    },
  ],
  source: {
    freebsd: { sysdir: "/usr/src/sys", version: "FreeBSD 14.0-STABLE" },
    layers: [
      {
        name: "TCP",
        mirage: {
          files: ["src/stack/tcp"],
          lines: 3312,
          functions: 210,
          complexity: { median: 3, p90: 9, max: 24 },
          complex: 4,
        },
        freebsd: {
          files: ["netinet/tcp_input.c"],
          lines: 21034,
          functions: 402,
          complexity: { median: 6, p90: 31, max: 402 },
          complex: 88,
          worst: "tcp_do_segment (netinet/tcp_input.c)",
        },
        tests: { files: ["test/stack/tcp-basic.test.ts"], cases: 312, lines: 5012 },
      },
      {
        name: "ARP",
        freebsd: {
          files: [],
          lines: 900,
          functions: 30,
          complexity: { median: 4, p90: 9, max: 40 },
          complex: 3,
        },
      },
    ],
    notes: ["ng_* is left out."],
  },
};

export const compare: Report = compareReport(compared);
