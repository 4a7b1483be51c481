/** Writes `docs/goodput.md`: `node dist/goodput-doc.js`. */
import { writePage } from "./goodput-doc.ts";

await writePage();
