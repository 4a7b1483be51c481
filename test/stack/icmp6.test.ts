/** ICMPv6: echo and errors. */
import { expect, test } from "vitest";
import { text } from "./fixture.ts";
import { newStackWithPeer6, OWN6, PEER6, ping6, sent6 } from "./fixture6.ts";

test("an echo request is answered, data and identifier unchanged", async () => {
  const host = await newStackWithPeer6();
  expect(host.input(ping6(text("hello, six")))).toBe(true);
  const [reply, ...more] = sent6(host);
  expect(more).toEqual([]);
  expect(reply).toMatchObject({ source: OWN6, destination: PEER6, hopLimit: 64 });
  expect(reply?.icmp6).toMatchObject({ type: 129, code: 0, rest: 0x12340001 });
  expect(reply?.icmp6?.payload).toEqual(text("hello, six"));
  expect(host.copies).toBe(0);
});
