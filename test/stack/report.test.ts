/** What the stack says of itself: the text of `mirage netstat`, with addresses as RFC 5952 wants them. */
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host } from "../support/host.ts";

const ADDRESS = [0, 0, 0xffff, 0x0a000002] as const;

describe("report", () => {
  let wasm: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    wasm = await compileFrameCode("src/stack/stack.frame.ts");
  });
  const load = () => new Host().load(wasm);
  /** Lines below a heading. */
  const section = (lines: string[], title: string): string[] => {
    const at = lines.indexOf(title);
    expect(at, lines.join("\n")).toBeGreaterThanOrEqual(0);
    const rest = lines.slice(at + 2);
    const end = rest.findIndex((line) => /^[A-Z][A-Za-z0-9]* [a-z]+$/.test(line));
    return rest.slice(0, end < 0 ? undefined : end).map((line) => line.replace(/ +/g, " "));
  };

  test("names every table, empty ones too", async () => {
    const host = await load();
    const titles = host.report().filter((line) => /^(TCP|UDP|IPv.) [a-z]+$/.test(line));
    expect(titles).toEqual([
      "TCP connections",
      "TCP listeners",
      "UDP sockets",
      "IPv4 addresses",
      "IPv6 addresses",
      "IPv4 routes",
      "IPv6 routes",
      "IPv4 neighbours",
      "IPv6 neighbours",
    ]);
  });

  test("shows addresses, routes, sockets, listeners, flows and neighbours", async () => {
    const host = await load();
    expect(host.call("configure", 0, ADDRESS[3], 24, 0x0a000001)).toBe(0);
    expect(host.call("tcp_listen", 0, 0, 0, 0, 80, 5)).toBeGreaterThan(0);
    expect(host.call("tcp_listen", ...ADDRESS, 81, 7)).toBeGreaterThan(0);
    expect(host.call("udp_bind", 0, 0, 0, 0, 7)).toBeGreaterThanOrEqual(0);
    const flow = host.call("tcp_connect", 0, 0, 0xffff, 0x0a000009, 4000, 0, 0, 0, 0, 5000);
    expect(flow).toBeGreaterThanOrEqual(0);
    const lines = host.report();
    expect(section(lines, "IPv4 addresses")).toEqual(["10.0.0.2/24 netif0"]);
    expect(section(lines, "IPv4 routes")).toEqual(
      expect.arrayContaining(["10.0.0.0/24 on link netif0", "default 10.0.0.1 netif0"]),
    );
    expect(section(lines, "TCP listeners")).toEqual(["tcp *:80 0/5", "tcp4 10.0.0.2:81 0/7"]);
    expect(section(lines, "UDP sockets")).toEqual(["udp *:7 *:*"]);
    expect(section(lines, "TCP connections")[0]).toMatch(
      /^tcp4 10\.0\.0\.2:5000 10\.0\.0\.9:4000 SYN_SENT 0 0 \d+ \d+ 0$/,
    );
    expect(section(lines, "IPv4 neighbours")).toEqual(["10.0.0.9 (incomplete) netif0 incomplete"]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(130);
  });

  test.each([
    ["2001:db8::2", [0x20010db8, 0, 0, 2]],
    ["2001:db8::1:0:0:1", [0x20010db8, 0, 0x00010000, 1]],
    ["2001:db8:0:1:1:1:1:1", [0x20010db8, 1, 0x00010001, 0x00010001]],
    ["2001:0:0:1::1", [0x20010000, 1, 0, 1]],
    ["fd00:abc:12:3::", [0xfd000abc, 0x00120003, 0, 0]],
  ])("writes %s so", async (text, words) => {
    const host = await load();
    // The last address is no address of a host: as a listener's it stands for itself.
    const bound = host.call("tcp_listen", words[0]!, words[1]!, words[2]!, words[3]!, 80, 1);
    if (bound < 0) {
      expect(host.call("ip6_configure", 0, words[0]!, words[1]!, words[2]!, words[3]!, 64, 0)).toBe(0);
      const shown = section(host.report(), "IPv6 addresses");
      expect(shown.join("\n")).toContain(`${text}/64 `);
      return;
    }
    expect(section(host.report(), "TCP listeners")).toEqual([`tcp6 [${text}]:80 0/1`]);
  });

  test("goes through a large table in bounded steps", async () => {
    const host = await load();
    host.call("configure", 0, ADDRESS[3], 24, 0);
    for (let port = 1; port <= 200; port++) host.call("udp_bind", 0, 0, 0, 0, port);
    expect(section(host.report(), "UDP sockets")).toHaveLength(200);
    expect((host.exports.report?.(2, 0) ?? 0) >>> 0).toBe(64);
  });
});
