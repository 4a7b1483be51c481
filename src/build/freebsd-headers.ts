/**
 * FreeBSD's installed headers from the Python package `ziglang`, which carries them for cross-compilation. The wheel is
 * got with pip by version and SHA-256; none of its code is run, and all but the headers is thrown away.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { BuildError } from "./errors.ts";
import { withLock } from "./lock.ts";
import { ensureDirectory, fetchRoot } from "./paths.ts";
import type { Progress } from "./progress.ts";
import { which } from "./toolchain.ts";
import { unzip } from "./zip.ts";

/** A release of FreeBSD whose headers can be fetched. */
export interface HeaderRelease {
  /** As `uname -r` has it. */
  readonly name: string;
  /** `__FreeBSD_version`; the package's headers leave its definition to the compiler. */
  readonly version: number;
  /** Version of the Python package that carries it. */
  readonly wheel: string;
  /** Of the package's file for Linux on amd64. */
  readonly sha256: string;
  /** Bytes of it. */
  readonly bytes: number;
  /** SHA-256 of its `sys/syscall.h`, by which an unpacked package is known. */
  readonly mark: string;
}

/** The first is the default. */
export const headerReleases: readonly HeaderRelease[] = [
  {
    name: "14.2",
    version: 1402000,
    wheel: "0.15.2",
    sha256: "806316453d1ede7174ed3fefb8e5348154629089c3bb5fe812dfd0e172fac130",
    bytes: 93508126,
    mark: "ec8893991c32af3362b3fd8a9c9f4d640fa27617727fd90caf46302c09febda2",
  },
  {
    name: "15.0",
    version: 1500068,
    wheel: "0.17.0",
    sha256: "97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b",
    bytes: 101011302,
    mark: "f9c4b6084306643c9c9c4182f5ea1de982527b9d7b1c838636e01c2a6d39be79",
  },
];

/** The file of the package that all hosts take: only its headers are used. */
const platform = "manylinux_2_12_x86_64";

/** Folders of the wheel that make up amd64's `/usr/include`, the later over the earlier. */
export const headerFolders = ["generic-freebsd", "x86_64-freebsd-none"] as const;

const inWheel = "ziglang/lib/libc/include/";
const copyright = "ziglang/lib/libc/freebsd/COPYRIGHT";

/** Where the headers of a release are, or will be. */
export function headersDirectory(release: HeaderRelease): string {
  return join(fetchRoot(), "freebsd-headers", release.name, "include");
}

export function haveHeaders(release: HeaderRelease): boolean {
  return existsSync(join(headersDirectory(release), "sys/param.h"));
}

/** How pip is called here: the setup's own Python first. */
export function findPip(): string[] | undefined {
  const candidates = [
    [join(fetchRoot(), "node/bin/python"), "-m", "pip"],
    ["python3", "-m", "pip"],
    ["pip3"],
    ["pip"],
  ];
  return candidates.find(([command = "", ...args]) => {
    const path = which(command);
    return path !== undefined && spawnSync(path, [...args, "--version"], { stdio: "ignore" }).status === 0;
  });
}

/** Whoever cannot fetch can still build. */
const otherWays =
  "  Without them: --sysdir names the folder sys of FreeBSD's source, --headers an installed /usr/include of FreeBSD.";

function download(release: HeaderRelease, directory: string): Buffer {
  const pip = findPip();
  const title = `FreeBSD ${release.name}'s headers (ziglang ${release.wheel} from PyPI)`;
  if (pip === undefined) {
    throw new BuildError(
      `${title} cannot be fetched: there is no pip.\n  apt-get install python3-pip\n${otherWays}`,
    );
  }
  const requirements = join(directory, "requirements.txt");
  writeFileSync(requirements, `ziglang==${release.wheel} --hash=sha256:${release.sha256}\n`);
  const [command = "", ...args] = pip;
  const result = spawnSync(
    command,
    [
      ...args,
      "download",
      "--quiet",
      "--no-input",
      "--no-cache-dir",
      "--disable-pip-version-check",
      "--no-deps",
      "--only-binary",
      ":all:",
      "--platform",
      platform,
      "--require-hashes",
      "--dest",
      directory,
      "--requirement",
      requirements,
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  const wheel = readdirSync(directory).find((name) => name.endsWith(".whl"));
  if (result.status !== 0 || wheel === undefined) {
    const said = `${result.stderr}${result.stdout}`.trim().split("\n").slice(-4).join("\n");
    throw new BuildError(`${title} cannot be fetched. pip says:\n${said}\n${otherWays}`);
  }
  return readFileSync(join(directory, wheel));
}

/** Writes the headers of a wheel below `include`, and their licence beside it. */
function unpack(wheel: Buffer, include: string): void {
  for (const folder of headerFolders) {
    const prefix = `${inWheel}${folder}/`;
    unzip(
      wheel,
      (name) => name.startsWith(prefix) && !name.includes(".."),
      (name, bytes) => {
        const file = join(include, name.slice(prefix.length));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, bytes);
      },
    );
  }
  unzip(
    wheel,
    (name) => name === copyright,
    (_, bytes) => writeFileSync(join(dirname(include), "COPYRIGHT"), bytes),
  );
}

/**
 * Gets the headers of a release unless they are there; returns their folder.
 *
 * @throws BuildError with pip's message if they cannot be got, and with what can be done instead.
 */
export async function fetchHeaders(release: HeaderRelease, progress: Progress): Promise<string> {
  const include = headersDirectory(release);
  if (haveHeaders(release)) {
    return include;
  }
  const home = ensureDirectory(join(fetchRoot(), "freebsd-headers"));
  return withLock(home, async () => {
    if (haveHeaders(release)) {
      return include;
    }
    progress.expect(1);
    progress.step(
      `fetch FreeBSD ${release.name}'s headers (ziglang ${release.wheel} from PyPI, ${Math.round(release.bytes / 1e6)} MB, once)`,
    );
    const scratch = mkdtempSync(join(home, "fetch-"));
    try {
      const made = join(scratch, release.name);
      unpack(download(release, scratch), join(made, "include"));
      rmSync(dirname(include), { recursive: true, force: true });
      renameSync(made, dirname(include));
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
    return include;
  });
}
