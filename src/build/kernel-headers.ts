/**
 * Which kernel a module is compiled for: its headers, from a source tree or as FreeBSD installs them, and its options.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { digest } from "./compile.ts";
import { UsageError } from "./errors.ts";
import { fetchHeaders, type HeaderRelease, headerFolders, headerReleases } from "./freebsd-headers.ts";
import { ensureDirectory, packageRoot } from "./paths.ts";
import type { Progress } from "./progress.ts";

/** Where the kernel's headers are, and which kernel they belong to. */
export interface KernelHeaders {
  /** A `sys` tree, or an installed `/usr/include`. */
  readonly kind: "source" | "installed";
  /** Full path, as messages name it. */
  readonly directory: string;
  /** Full paths of the folders that headers are looked up in, the first first. */
  readonly folders: readonly string[];
  /** A kernel's build folder, whose `opt_*.h` say what that kernel has; without it: what GENERIC has. */
  readonly builddir: string | undefined;
  /** `__FreeBSD_version`. */
  readonly version: number;
  /** True if the headers leave the definition of `__FreeBSD_version` to the compiler. */
  readonly unversioned: boolean;
}

/** What the command line and the environment say. */
export interface KernelChoice {
  /** `--sysdir`. */
  readonly sysdir?: string | undefined;
  /** `--headers`. */
  readonly headers?: string | undefined;
  /** `KERNBUILDDIR`. */
  readonly builddir?: string | undefined;
  /** `OSVERSION`, as FreeBSD's ports have it: `__FreeBSD_version` where headers do not define it. */
  readonly osversion?: string | undefined;
}

/** Oldest kernel that the module is compiled for. */
const oldestVersion = 1004000;

/** First of the kernels that the module is not known for. */
const firstUnknownVersion = 1600000;

/** "14" of 1402000. */
export function majorVersion(version: number): number {
  return Math.floor(version / 100_000);
}

/** "14.2 (1402000)"; a branch between releases is named by its last release. */
export function versionName(version: number): string {
  return `${majorVersion(version)}.${Math.floor(version / 1000) % 100} (${version})`;
}

/** Which kernels take a module that was built for this one. */
export function loadableOn(version: number): string {
  return `kernels of FreeBSD ${majorVersion(version)} whose kern.osreldate is ${version} or more`;
}

/** `__FreeBSD_version` of a folder's `sys/param.h`; 0 if it does not define one, undefined if there is no such file. */
function definedVersion(folder: string): number | undefined {
  try {
    const text = readFileSync(join(folder, "sys/param.h"), "utf8");
    return Number(/^#define\s+__FreeBSD_version\s+(\d+)/m.exec(text)?.[1] ?? "0");
  } catch {
    return undefined;
  }
}

function checkVersion(directory: string, version: number): void {
  if (version < oldestVersion) {
    throw new UsageError(
      `${directory}: __FreeBSD_version is ${version}; Mirage knows kernels from ${oldestVersion} on.`,
    );
  }
  if (version >= firstUnknownVersion) {
    throw new UsageError(
      `${directory}: __FreeBSD_version is ${version}; Mirage knows kernels up to FreeBSD ${majorVersion(firstUnknownVersion) - 1}.`,
    );
  }
}

function sourceTree(sysdir: string): Omit<KernelHeaders, "builddir"> {
  const directory = resolve(sysdir);
  const version = definedVersion(directory);
  if (version === undefined || !existsSync(join(directory, "kern"))) {
    const installed = version === undefined ? "" : " For installed headers there is --headers.";
    throw new UsageError(
      `no kernel source in ${sysdir}: it has no ${version === undefined ? "sys/param.h" : "folder kern"}. --sysdir names the folder "sys" of FreeBSD's source.${installed}`,
    );
  }
  const folders = [directory, join(directory, "contrib/ck/include"), join(directory, "contrib/altq")];
  return {
    kind: "source",
    directory,
    folders: folders.filter((folder) => existsSync(folder)),
    version,
    unversioned: false,
  };
}

/** The release that unpacked headers are of, if it is one that we know. */
function knownRelease(folder: string): HeaderRelease | undefined {
  try {
    const mark = readFileSync(join(folder, "sys/syscall.h"));
    return headerReleases.find((one) => one.mark === createHash("sha256").update(mark).digest("hex"));
  } catch {
    return undefined;
  }
}

function installedHeaders(given: string, osversion: string | undefined): Omit<KernelHeaders, "builddir"> {
  const directory = resolve(given);
  // As the wheel has them: a folder for all architectures, and one for amd64 that goes before it.
  const parts = headerFolders.map((name) => join(directory, name)).toReversed();
  const folders = parts.every((part) => existsSync(part)) ? parts : [directory];
  const common = folders.at(-1) ?? directory;
  const defined = definedVersion(common);
  if (defined === undefined) {
    throw new UsageError(
      `no FreeBSD headers in ${given}: it has no sys/param.h. --headers names a /usr/include of FreeBSD, or one of ${releaseNames()} to fetch them.`,
    );
  }
  if (!existsSync(join(common, "sys/mbuf.h")) || !existsSync(join(common, "net/if_var.h"))) {
    throw new UsageError(
      `${given}: these are not FreeBSD's headers: there is no sys/mbuf.h or net/if_var.h.`,
    );
  }
  const machine = folders.map((one) => join(one, "machine/param.h")).find((file) => existsSync(file));
  if (machine === undefined || !/define\s+MACHINE\s+"amd64"/.test(readFileSync(machine, "utf8"))) {
    throw new UsageError(`${given}: these headers are not for amd64 (machine/param.h).`);
  }
  const version = defined === 0 ? undefinedVersion(given, knownRelease(common), osversion) : defined;
  return { kind: "installed", directory, folders, version, unversioned: defined === 0 };
}

/** What to take `__FreeBSD_version` for, where headers do not say. */
function undefinedVersion(
  given: string,
  release: HeaderRelease | undefined,
  osversion: string | undefined,
): number {
  if (osversion === undefined) {
    if (release === undefined) {
      throw new UsageError(
        `${given}: sys/param.h does not define __FreeBSD_version. OSVERSION=N in the environment says which it is, for example OSVERSION=1402000.`,
      );
    }
    return release.version;
  }
  const version = Number(osversion);
  if (!/^\d{7}$/.test(osversion)) {
    throw new UsageError(
      `OSVERSION=${osversion} in the environment: not a __FreeBSD_version, such as 1402000.`,
    );
  }
  if (release !== undefined && majorVersion(version) !== majorVersion(release.version)) {
    throw new UsageError(
      `OSVERSION=${osversion} in the environment: the headers in ${given} are those of FreeBSD ${release.name}.`,
    );
  }
  return version;
}

function releaseNames(): string {
  return headerReleases.map((one) => one.name).join(", ");
}

/** Where FreeBSD has its kernel's source, and its installed headers. */
const usual = { sysdir: "/usr/src/sys", include: "/usr/include" } as const;

/**
 * Finds the headers to compile with: `--sysdir` or `--headers`; without them `/usr/src/sys`, on FreeBSD else
 * `/usr/include`, and else those of {@link headerReleases}, fetched if need be.
 *
 * @throws UsageError if what was named is not what it should be; BuildError if nothing can be fetched.
 */
export async function findKernelHeaders(choice: KernelChoice, progress: Progress): Promise<KernelHeaders> {
  const { sysdir, headers, builddir } = choice;
  if (sysdir !== undefined && headers !== undefined) {
    throw new UsageError("--sysdir and --headers: only one of them, please.");
  }
  if (builddir !== undefined && !existsSync(join(builddir, "opt_global.h"))) {
    throw new UsageError(
      `KERNBUILDDIR=${builddir}: no opt_global.h in it. It is the folder that a kernel was compiled in.`,
    );
  }
  const found = await chosenHeaders(choice, sysdir, headers, progress);
  checkVersion(found.directory, found.version);
  return { ...found, builddir: builddir === undefined ? undefined : resolve(builddir) };
}

async function chosenHeaders(
  choice: KernelChoice,
  sysdir: string | undefined,
  headers: string | undefined,
  progress: Progress,
): Promise<Omit<KernelHeaders, "builddir">> {
  if (sysdir !== undefined) {
    return sourceTree(sysdir);
  }
  if (headers !== undefined && (headers.includes("/") || existsSync(headers))) {
    return installedHeaders(headers, choice.osversion);
  }
  if (headers === undefined && definedVersion(usual.sysdir) !== undefined) {
    return sourceTree(usual.sysdir);
  }
  if (headers === undefined && process.platform === "freebsd" && definedVersion(usual.include)) {
    return installedHeaders(usual.include, undefined);
  }
  const release = headerReleases.find((one) => headers === undefined || one.name === headers);
  if (release === undefined) {
    throw new UsageError(
      `--headers ${headers}: there is no such folder, and the headers that can be fetched are those of FreeBSD ${releaseNames()}.`,
    );
  }
  return installedHeaders(await fetchHeaders(release, progress), choice.osversion);
}

/** What a kernel's build folder says for every file: before 11 KDTRACE_HOOKS is in a header of its own. */
function optionHeaders(builddir: string): string[] {
  return ["opt_global.h", "opt_kdtrace.h"]
    .map((name) => join(builddir, name))
    .filter((file) => existsSync(file));
}

/** Does the kernel know SDT probes? GENERIC does. */
export function hasProbes(headers: KernelHeaders): boolean {
  return (
    headers.builddir === undefined ||
    optionHeaders(headers.builddir).some((file) =>
      /^\s*#\s*define\s+KDTRACE_HOOKS\b/m.test(readFileSync(file, "utf8")),
    )
  );
}

/** `opt_global.h` of a GENERIC kernel: the options that change what headers declare. */
export function genericOptions(version: number): readonly string[] {
  return version >= 1200000 ? ["SMP", "MAC", "VIMAGE", "KDTRACE_HOOKS"] : ["SMP", "KDTRACE_HOOKS"];
}

/** Names by which headers include what lies elsewhere in a source tree. */
const links = { machine: "amd64/include", x86: "x86/include", i386: "i386/include" };

function linkTo(target: string, name: string): void {
  if (lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(name) === target) {
    return;
  }
  rmSync(name, { recursive: true, force: true });
  symlinkSync(target, name);
}

/** Tells kernels apart whose modules differ. */
export function headersId(headers: KernelHeaders): string {
  return digest(headers.directory, headers.builddir ?? "", String(headers.version)).slice(0, 12);
}

/** Lays out in `directory` what the compiler finds beside the headers; returns the flags that point to all of them. */
export function headerFlags(headers: KernelHeaders, directory: string): string[] {
  const include = ensureDirectory(join(directory, "include"));
  for (const [name, folder] of Object.entries(links)) {
    if (headers.kind === "source" && existsSync(join(headers.directory, folder))) {
      linkTo(join(headers.directory, folder), join(include, name));
    }
  }
  const generic = join(include, "opt_global.h");
  const text = genericOptions(headers.version)
    .map((name) => `#define ${name} 1\n`)
    .join("");
  if (headers.builddir !== undefined) {
    rmSync(generic, { force: true });
  } else if (!existsSync(generic) || readFileSync(generic, "utf8") !== text) {
    writeFileSync(generic, text);
  }
  const options =
    headers.builddir === undefined
      ? ["-include", generic]
      : [
          "-DHAVE_KERNEL_OPTION_HEADERS",
          ...optionHeaders(headers.builddir).flatMap((file) => ["-include", file]),
          "-isystem",
          headers.builddir,
        ];
  // As system headers, so that warnings are about our own code only. What is ours of them comes last.
  const folders = [include, ...headers.folders];
  return [
    "-Ikmod/include",
    "-Iruntime/include",
    ...(headers.unversioned ? [`-D__FreeBSD_version=${headers.version}`] : []),
    ...folders.flatMap((folder) => ["-isystem", folder]),
    ...options,
    "-isystem",
    join(packageRoot, "kmod/headers"),
  ];
}
