/** Writes `docs/probes.md`: `node dist/probes-doc.js`. */
import { writePage } from "./probes-doc.ts";

writePage();
