/** A report with each kind of plot, with names that try to break out of the page. */
import { flameReport, latencyPlot, parseFolded, type Report } from "../../src/report/index.ts";

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
