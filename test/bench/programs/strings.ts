/** Text protocol work: build, split, trim and look up header lines. */
import { measure } from "./measure.js";

const lines: string[] = [];
for (let i = 0; i < 100; i++) {
  lines.push(`X-Header-${i}:  value ${i * 17} ; q=${i % 10}`);
}
const message = lines.join("\r\n");

measure("strings", 400, 4950, () => {
  const headers: Record<string, string> = {};
  for (const line of message.split("\r\n")) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  let total = 0;
  for (const name of Object.keys(headers)) {
    total += Number.parseInt(name.slice(name.lastIndexOf("-") + 1), 10);
  }
  return total;
});
