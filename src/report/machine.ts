/**
 * What every report says of where and when it was made.
 *
 * @module
 */
import { cpus, loadavg, release, totalmem, version } from "node:os";

/** Of the machine that this runs on, at this moment. */
export function thisMachine(): [name: string, value: string][] {
  const processors = cpus();
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    [
      "machine",
      `${processors.length} x ${processors[0]?.model.trim() ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    ],
    ["kernel", `${process.platform} ${release()} (${version()})`],
    ["date", `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`],
    ["load", `${load.join(", ")} over 1, 5 and 15 minutes, when the report was written`],
  ];
}
