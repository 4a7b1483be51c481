/**
 * `node dist/fetch-headers.js [RELEASE ...]`: gets the FreeBSD headers that modules are built and tested with; all
 * releases that can be fetched if none is named.
 *
 * @module
 */
import { BuildError, ExitCode, messageOf } from "./errors.ts";
import { fetchHeaders, headerReleases } from "./freebsd-headers.ts";

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !headerReleases.some((one) => one.name === arg));
  if (unknown !== undefined) {
    const names = headerReleases.map((one) => one.name).join(", ");
    process.stderr.write(`fetch-headers: no release "${unknown}"; there are ${names}\n`);
    return ExitCode.Usage;
  }
  for (const release of headerReleases.filter((one) => args.length === 0 || args.includes(one.name))) {
    await fetchHeaders(release, {
      expect: () => undefined,
      step: (what) => process.stderr.write(`==> ${what}\n`),
    });
  }
  return ExitCode.Ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof BuildError ? messageOf(error) : (error as Error).stack}\n`);
  process.exitCode = ExitCode.BuildFailed;
}
