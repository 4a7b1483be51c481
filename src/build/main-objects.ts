/**
 * `node dist/build-objects.js [VARIANT ...]`: compiles the C for the Makefile and for tests; default is `nofloat`.
 *
 * @module
 */
import { BuildError, ExitCode, messageOf } from "./errors.ts";
import { buildBytecodeTool, buildObjects, type Variant, variants } from "./objects.ts";
import { counting, seconds } from "./progress.ts";

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !(variants as readonly string[]).includes(arg));
  if (unknown !== undefined) {
    process.stderr.write(`build-objects: no variant "${unknown}"; there are ${variants.join(", ")}\n`);
    return ExitCode.Usage;
  }
  const wanted = args.length === 0 ? (["nofloat"] as const) : (args as readonly Variant[]);
  for (const variant of wanted) {
    const start = performance.now();
    const objects = await buildObjects(variant, counting());
    if (variant === "nofloat") {
      await buildBytecodeTool(counting(), objects);
    }
    process.stderr.write(
      `${variant}: ${objects.objects.length} objects (${seconds(performance.now() - start)})\n`,
    );
  }
  return ExitCode.Ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof BuildError ? messageOf(error) : (error as Error).stack}\n`);
  process.exitCode = ExitCode.BuildFailed;
}
