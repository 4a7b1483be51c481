/** Waits for a minute. */
import { sleep } from "mirage";

await sleep(60_000);
