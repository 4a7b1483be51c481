/** A chat: lines that one peer sends to TCP port 5000 go to all others. */
import { args, Endpoint, NetworkError, Tcp, type TcpFlow } from "mirage";

/** A line that is longer is cut. */
const LINE_BYTES = 1000;
/** Who has so many lines to read still is left behind. */
const BACKLOG_LINES = 100;

const members = new Map<TcpFlow, string>();

function say(text: string, except?: TcpFlow): void {
  for (const [flow, name] of members) {
    if (flow === except) continue;
    if (flow.backlog >= BACKLOG_LINES) {
      console.log(`chat: ${name} does not read`);
      flow.abort();
      continue;
    }
    // Nobody waits for the slowest. What cannot be written ends that member's own loop.
    flow.write(text).catch(() => {});
  }
}

/** Lines of a flow, which end where its chunks do not. */
async function* lines(flow: TcpFlow): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of flow) {
    const parts = (rest + decoder.decode(chunk.data, { stream: true })).split("\n");
    rest = (parts.pop() ?? "").slice(0, LINE_BYTES);
    for (const part of parts) yield part.replace(/\r$/, "").slice(0, LINE_BYTES);
  }
  if (rest !== "") yield rest;
}

async function join(flow: TcpFlow): Promise<void> {
  let name = Endpoint.format(flow.remote);
  await flow.write(`Welcome. You are ${name}; "/name NEW" changes that, "/who" says who is here.\n`);
  members.set(flow, name);
  say(`* ${name} came\n`, flow);
  try {
    for await (const line of lines(flow)) {
      if (line.startsWith("/name ")) {
        const fresh = line.slice(6).trim().slice(0, 40);
        say(`* ${name} is now ${fresh}\n`);
        name = fresh;
        members.set(flow, name);
      } else if (line === "/who") {
        await flow.write(`* here: ${[...members.values()].join(", ")}\n`);
      } else if (line !== "") {
        say(`${name}: ${line}\n`, flow);
      }
    }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
  } finally {
    members.delete(flow);
    say(`* ${name} left\n`);
  }
}

const listener = Tcp.listen({ port: Number(args[0] ?? 5000), keepAlive: { idleMs: 60_000 } });
console.log(`chat: listening on TCP port ${listener.port}`);
listener.serve(join);
