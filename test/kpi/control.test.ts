import { describe, expect, it } from "vitest";
import { errno } from "./kernel.ts";
import { useRig } from "./rig.ts";

const rig = useRig();

describe("kern.mirage", () => {
  it("describes each leaf, and needs no Giant for it", async () => {
    await rig.load();
    const nodes = (await rig.kernel.sysctls()).filter((one) => one.name.startsWith("kern.mirage"));
    expect(nodes.length).toBeGreaterThan(40);
    expect(nodes.filter((one) => one.description === "" || !one.mpsafe)).toEqual([]);
  });

  it.each(["i", "i=", "i=x", "z=1", "h=1", "i=1,,", "n=a+a+a+a+a+a+a+a+a", "m=1", "=", "i=1 "])(
    "refuses rtparams %j with EINVAL, says why, and keeps the old ones",
    async (wrong) => {
      await rig.load();
      expect(await rig.kernel.write("kern.mirage.rtparams", "h=32M")).toBe(0);
      await rig.kernel.console();
      expect(await rig.kernel.write("kern.mirage.rtparams", wrong)).toBe(errno.EINVAL);
      expect(await rig.kernel.read("kern.mirage.rtparams")).toBe("h=32M");
      expect((await rig.kernel.console()).map(([, text]) => text).join()).toMatch(/rtparams/);
    },
  );

  it("is written to by root alone, outside of jails, and read by all", async () => {
    await rig.load();
    const leaves = ["run", "rtparams", "ipv4", "gateway", "ipv6", "gateway6", "args"];
    for (const [uid, jailed] of [
      [1001, false],
      [0, true],
    ] as const) {
      await rig.kernel.user(uid, jailed);
      for (const leaf of leaves) {
        expect(await rig.kernel.write(`kern.mirage.${leaf}`, "1"), leaf).toBe(errno.EPERM);
        expect(await rig.kernel.readError(`kern.mirage.${leaf}`), leaf).toBe(0);
      }
    }
    expect(await rig.kernel.read("kern.mirage.state")).toBe("idle");
  });

  it("stays as it is when securelevel is raised", async () => {
    await rig.load();
    await rig.kernel.securelevel(1);
    expect(await rig.kernel.write("kern.mirage.run", 1)).toBe(errno.EPERM);
    expect(await rig.kernel.write("kern.mirage.rtparams", "h=32M")).toBe(errno.EPERM);
    expect(await rig.kernel.unload()).toBe(errno.EPERM);
    expect(await rig.kernel.read("kern.mirage.state")).toBe("idle");
  });

  it("refuses a second start, and any number that is not 0 or 1", async () => {
    await rig.load();
    await rig.start();
    expect(await rig.kernel.write("kern.mirage.run", 1)).toBe(errno.EBUSY);
    expect(await rig.kernel.write("kern.mirage.run", 2)).toBe(errno.EINVAL);
    expect(await rig.kernel.read("kern.mirage.state")).toBe("running");
  });
});

describe("tunables", () => {
  it("are taken at load, and what is wrong is named and not taken", async () => {
    await rig.kernel.setenv("kern.mirage.rtparams", "h=48M");
    await rig.kernel.setenv("kern.mirage.ipv4", "10.0.0.999/24");
    await rig.load();
    expect(await rig.kernel.read("kern.mirage.rtparams")).toBe("h=48M");
    expect(await rig.kernel.read("kern.mirage.ipv4")).toBe("10.0.0.2/24");
    expect((await rig.kernel.console()).map(([, text]) => text).join("\n")).toMatch(/kern\.mirage\.ipv4/);
    await rig.kernel.setenv("kern.mirage.rtparams", undefined);
    await rig.kernel.setenv("kern.mirage.ipv4", undefined);
  });

  it("start a program by itself, but not before there is a root file system", async () => {
    await rig.kernel.setenv("kern.mirage.autostart", "1");
    await rig.kernel.root(false);
    await rig.load();
    await rig.kernel.settle();
    expect(await rig.kernel.read("kern.mirage.state")).toBe("idle");
    await rig.kernel.root(true);
    await rig.kernel.settle();
    expect(await rig.kernel.read("kern.mirage.state")).toBe("running");
    await rig.kernel.setenv("kern.mirage.autostart", undefined);
  });
});

describe("kern.mirage.netstat", () => {
  it("is made by the program's thread when it is read, and names what the stack has", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    await peer.resolve();
    const text = String(await rig.kernel.read("kern.mirage.netstat"));
    expect(text).toMatch(/^Interfaces\n.*\n +0 mirage0 /);
    expect(text).toMatch(/^IPv4 addresses\n.*\n10\.0\.0\.2\/24 +netif0$/m);
    expect(text).toMatch(/^UDP sockets\n.*\nudp +\*:7 +\*:\*$/m);
    expect(text).toMatch(/^IPv4 neighbours\n.*\n10\.0\.0\.1 /m);
    expect(text).toMatch(/^arp\.requests-received +1$/m);
    expect(text).not.toMatch(/\n$/);
    // The program is as it was.
    expect(await peer.pings((await peer.resolve())!)).toBe(true);
  });

  it("says so when no program runs, or when it does not answer", async () => {
    await rig.load();
    expect(await rig.kernel.read("kern.mirage.netstat")).toMatch(/^No program runs/);
    await rig.start();
    await rig.kernel.freeze(true);
    expect(await rig.kernel.read("kern.mirage.netstat")).toMatch(/^The program is busy/);
    await rig.kernel.freeze(false);
    await rig.stop();
    expect(await rig.kernel.read("kern.mirage.netstat")).toMatch(/^No program runs/);
  });
});

describe("probes", () => {
  it("are there from load on, and tell of a program's life", async () => {
    await rig.load();
    const probes = await rig.kernel.probes();
    expect(new Set(probes.map((one) => one.provider))).toEqual(new Set(["mirage"]));
    expect(probes.map((one) => one.probe)).toContain("netif__rx");
    await rig.kernel.trace(true);
    await rig.start();
    const peer = await rig.peer();
    await peer.resolve();
    await rig.stop();
    await rig.kernel.trace(false);
    const fired = (await rig.kernel.fired()).map((one) => one.probe);
    expect(fired).toEqual(expect.arrayContaining(["start", "netif__rx", "netif__tx", "stop"]));
    expect(fired.indexOf("start")).toBeLessThan(fired.indexOf("netif__rx"));
  });
});
