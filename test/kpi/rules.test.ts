/** The double sees when a rule of the kernel's is broken, and says where: else the other tests would show nothing. */
import { describe, expect, it } from "vitest";
import { buildBroken, Kernel } from "./kernel.ts";

/** What it must say of each, function names included. */
const rules: Record<string, RegExp> = {
  "lock-order":
    /^lock order reversal: "b" held from lock_order \(broken\.c:\d+\) when "a" is locked in lock_order .* but "a" was held from lock_order/,
  "sleep-with-mutex": /may sleep in sleep_with_mutex .* with mutex "a" held, locked in sleep_with_mutex/,
  "wait-in-epoch":
    /malloc may sleep in wait_in_epoch .* inside of the net epoch that was entered in wait_in_epoch/,
  "sx-under-mutex":
    /"sleepable", which may sleep, is locked in sx_under_mutex .* with mutex "a" held from sx_under_mutex/,
  "lock-twice": /"a" is locked again in lock_twice .* holds it from lock_twice/,
  "unlock-unlocked": /"a" is unlocked in unlock_unlocked .* does not hold it/,
  "destroy-held": /"held" is destroyed in destroy_held .* while it is held, from destroy_held/,
  leak: /malloc type "one" has 1 allocations, 100 bytes, left at unload/,
  "free-twice": /free in free_twice .* of a malloc that was freed in free_twice/,
  "wrong-type": /free in wrong_type .* as type "other" of what was allocated as "one" in wrong_type/,
  "item-twice": /uma_zfree in item_twice .* of a zone item that was freed in item_twice/,
  "mbuf-twice": /m_free in mbuf_twice .* of a mbuf that was freed in mbuf_twice/,
  "epoch-left-open": /ends inside of the net epoch that was entered in epoch_left_open/,
  "thread-with-lock": /thread ends in thread_main .* with lock "a" held from thread_main/,
};

describe.each(["nofloat", "asan"] as const)("the double, built %s, reports", (variant) => {
  it.each(Object.keys(rules))("%s, and names both places", async (rule) => {
    const kernel = await Kernel.ownProcess(variant);
    await kernel.setenv("broken", rule);
    expect(await kernel.load(buildBroken(variant))).toMatchObject({ error: 0 });
    await kernel.unload();
    const violations = await kernel.violations();
    expect(violations.join("\n")).toMatch(new RegExp(rules[rule]!.source, "m"));
    await kernel.kill();
  });

  it("nothing, if no rule is broken", async () => {
    const kernel = await Kernel.ownProcess(variant);
    await kernel.load(buildBroken(variant));
    await kernel.unload();
    expect(await kernel.violations()).toEqual([]);
    // What it has not given back: its locks and its zone.
    expect((await kernel.things()).map((one) => one.kind).sort()).toEqual(["lock", "lock", "lock", "zone"]);
    await kernel.kill();
  });
});
