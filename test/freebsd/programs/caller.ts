/** Connects three times, to a port of the host that answers, to one that refuses, and to an address that stays silent. */
import { NetworkError, Tcp } from "mirage";

async function call(address: string, port: number): Promise<void> {
  try {
    const flow = await Tcp.connect({ address, port, timeoutMs: 3000 });
    await flow.write("hello\n");
    await flow.shutdown();
    await flow.close();
    console.log(`caller: ${address}:${port} answers`);
  } catch (error) {
    if (!(error instanceof NetworkError)) {
      throw error;
    }
    console.log(`caller: ${error.message}`);
  }
}

await call("10.0.0.1", 4001);
await call("10.0.0.1", 4002);
await call("10.0.0.77", 4001);
