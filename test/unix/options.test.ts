/** The command line of an executable that `mirage build` leaves. */
import { beforeAll, describe, expect, it } from "vitest";
import { buildProgram, runExecutable } from "../support/mirage.ts";

let executable: string;

beforeAll(() => {
  executable = buildProgram(new URL("./programs/options/main.ts", import.meta.url).pathname);
});

describe("the executable", () => {
  it("hands words behind -- to the program", () => {
    const { status, stdout } = runExecutable(executable, ["--", "a b", "--net", ""]);
    expect(status).toBe(0);
    expect(stdout).toBe('["a b","--net",""]\n');
  });

  it("hands its addresses to the program, in either spelling", () => {
    for (const words of [
      ["--ipv4", "10.1.2.3/16", "--gateway", "10.1.0.1"],
      ["--gateway=10.1.0.1", "--ipv4=10.1.2.3/16"],
    ]) {
      const { status, stdout, stderr } = runExecutable(executable, [...words, "--", "config"]);
      expect(status, stderr).toBe(0);
      expect(stdout).toBe("10.1.2.3/16 10.1.0.1\n");
    }
  });

  it("prints statistics only when asked, or with an interface", () => {
    expect(runExecutable(executable, []).stderr).toBe("");
    expect(runExecutable(executable, ["--stats"]).stderr).toMatch(/^ +turns +\d+$/m);
  });

  it("lists its options and every rtparam with --help", () => {
    const { status, stdout, stderr } = runExecutable(executable, ["--help"]);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    for (const word of [
      "--net",
      "--ipv4",
      "--gateway",
      "--rtparams",
      "--mac",
      "pcap:IN",
      "tap:NAME",
      "fd:NUMBER",
    ]) {
      expect(stdout).toContain(word);
    }
    for (const letter of "hisdf") {
      expect(stdout).toMatch(new RegExp(`^  ${letter}  \\w`, "m"));
    }
    expect(runExecutable(executable, ["--version"]).stdout).toMatch(/^options .*build [0-9a-f]+/);
  });

  it("reads MIRAGERUNPARAM, and the command line over it", () => {
    const env = { ...process.env, MIRAGERUNPARAM: "i=1M,d=100" };
    expect(runExecutable(executable, ["--", "spin"], env).stderr).toMatch(/instruction budget .*1M/);
    expect(runExecutable(executable, ["--rtparams", "i=2M", "--", "spin"], env).stderr).toMatch(/2M/);
    const bad = runExecutable(executable, [], { ...process.env, MIRAGERUNPARAM: "i=x" });
    expect(bad.status).toBe(64);
    expect(bad.stderr).toMatch(/MIRAGERUNPARAM "i=x".*position 2/);
  });

  it("ends with the code that the program passed to exit()", () => {
    expect(runExecutable(executable, ["--", "exit", "7"]).status).toBe(7);
  });
});

describe("bad arguments end with 64 and say what would be right:", () => {
  it.each([
    [["--gatway", "10.0.0.1"], /unknown option --gatway; did you mean --gateway\?/],
    [["--rtparams=n=em0"], /n and m are for the kernel; here --net and --mac say that/],
    [["--rtparams=h=4M,m=02:00:00:00:00:01"], /--net and --mac/],
    [["--rtparm=h=1M"], /unknown option --rtparm; did you mean --rtparams\?/],
    [["-x"], /unknown option --x/],
    [["--net"], /--net needs SPEC/],
    [["--stats=1"], /--stats takes no argument/],
    [["word"], /unexpected "word".*--/],
    [["--ipv4", "10.0.0.2"], /--ipv4 10\.0\.0\.2: .*10\.0\.0\.2\/24/],
    [["--ipv4", "10.0.0.2/33"], /--ipv4/],
    [["--ipv4", "10.0.0.2/24x"], /--ipv4/],
    [["--ipv4", "10.0.0.0/24"], /not the address of a host/],
    [["--ipv4", "10.0.0.255/24"], /not the address of a host/],
    [["--ipv4", "224.0.0.1/24"], /not the address of a host/],
    [["--gateway", "10.0.0.1"], /needs --ipv4/],
    [["--ipv6", "2001:db8::2"], /neither auto, off, nor an address with the length of its prefix/],
    [["--ipv6", "2001:db8::2/0"], /neither auto, off/],
    [["--ipv6", "2001:db8::2/129"], /neither auto, off/],
    [["--ipv6", "ff02::1/64"], /not the address of a host/],
    [["--ipv6", "::ffff:10.0.0.1/96"], /not the address of a host/],
    [["--gateway6", "fe80::1"], /needs --ipv6/],
    [["--ipv6", "off", "--gateway6", "fe80::1"], /needs --ipv6/],
    [["--ipv6", "auto", "--gateway6", "router"], /not the IPv6 address of a router/],
    [["--ipv4", "10.0.0.2/24", "--gateway", "10.0.1.1"], /not another address in the network/],
    [["--ipv4", "10.0.0.2/24", "--gateway", "10.0.0.2"], /not another address in the network/],
    [["--ipv4", "10.0.0.2/24", "--gateway", "router"], /not an IPv4 address/],
    [["--net", "eth0"], /tap:NAME, fd:NUMBER, pcap:IN/],
    [["--net", "tap:"], /tap:mirage0/],
    [["--net", "tap:a-name-that-is-too-long"], /1 to 15/],
    [["--net", "fd:x"], /not the number of a descriptor/],
    [["--net", "fd:99"], /fd:99: Bad file descriptor/],
    [["--net", "fd:0"], /neither a tap nor a socket|does not keep frames apart/],
    [["--net", "pcap:"], /pcap:IN\[,OUT\]/],
    [["--mac", "01:00:00:00:00:00", "--net", "fd:0"], /--mac 01:00/],
    [["--mac", "02:00:00:00:00", "--net", "fd:0"], /--mac 02:00/],
    [["--mac", "02:00:00:00:00:01"], /more --mac than --net/],
  ])("%j", (words, message) => {
    const { status, stdout, stderr } = runExecutable(executable, words);
    expect(status, stderr).toBe(64);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^mirage: /);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
