/**
 * `--dist`: a folder of plain C that FreeBSD's own makefiles make `mirage.ko` of, with neither Node nor npm.
 *
 * @module
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { BuildError, UsageError } from "./errors.ts";
import { sharedFlags, sharedSources, sourcesBelow } from "./objects.ts";
import { packageRoot } from "./paths.ts";
import { type ProgramParts, programC } from "./program-c.ts";
import { findDuktape } from "./toolchain.ts";

/** What a program was linked of, beside the shared objects. */
export interface BuiltParts {
  readonly program: ProgramParts;
  /** Full paths of the frame-code modules' C; each header lies beside it. */
  readonly frameCode: readonly string[];
}

/** First line of the makefile, by which a folder of ours is known. */
const mark = "# Made by mirage build --dist.";

/** Folders that the sources lie in, with what is taken of them beside sources. */
const headerFolders = ["kmod", "runtime", "stdlib-nofloat", "dtrace"];

/** Folders below these that no kernel module is made of. */
const otherTargets = /^(?:runtime\/(?:unix|addon|memory)|kmod\/headers)(?:\/|$)/;

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** Headers and tables of the package, as paths from its root. */
function headers(): string[] {
  return headerFolders.flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((name) => /\.(?:h|def)$/.test(name) && !otherTargets.test(name)),
  );
}

/** Empties the folder, if it is new or was made by us. */
function prepare(directory: string): void {
  if (existsSync(directory)) {
    if (!statSync(directory).isDirectory()) {
      throw new UsageError(`--dist ${directory}: this is no folder.`);
    }
    const makefile = join(directory, "Makefile");
    const ours = existsSync(makefile) && readFileSync(makefile, "utf8").startsWith(mark);
    if (!ours && readdirSync(directory).length > 0) {
      throw new UsageError(`--dist ${directory}: this folder has files that are not ours; name a new one.`);
    }
    rmSync(directory, { recursive: true });
  }
  mkdirSync(directory, { recursive: true });
}

/** Comments at the head of Duktape's source: its licence and its authors. */
function duktapeLicence(source: string): string {
  const text = readFileSync(source, "utf8");
  const parts = ["LICENSE.txt", "AUTHORS.rst"].map((name) => {
    const found = new RegExp(`/\\* ${name.replace(".", "\\.")} \\*/\\n/\\*\\n([\\s\\S]*?)\\*/`).exec(text);
    if (found === null) {
      throw new BuildError(`${source}: ${name} is not in it, which must go along with it.`);
    }
    return (found[1] ?? "").replaceAll(/^\* {0,2}/gm, "");
  });
  return parts.join("\n");
}

/** Licences of what is not ours, by the folder's file name, with what they are for. */
function writeLicences(directory: string, duktape: string): void {
  copy(join(packageRoot, "LICENSE"), join(directory, "LICENSE"));
  const licences = join(directory, "licences");
  mkdirSync(licences);
  writeFileSync(join(licences, "duktape"), duktapeLicence(join(duktape, "duktape.c")));
  const modules = join(packageRoot, "node_modules");
  copy(join(modules, "core-js/LICENSE"), join(licences, "core-js"));
  copy(join(modules, "@swc/core/LICENSE"), join(licences, "swc"));
  copy(join(modules, "assemblyscript/LICENSE"), join(licences, "assemblyscript"));
  copy(join(modules, "assemblyscript/NOTICE"), join(licences, "assemblyscript-notice"));
  writeFileSync(
    join(licences, "README"),
    `LICENSE of the folder above (BSD-2-Clause) is Mirage's. Of others:

duktape         engine: duktape/ (MIT)
core-js         built-ins in the program's bytecode, if it uses them (MIT)
swc             helper functions in the program's bytecode, if it uses them (Apache-2.0)
assemblyscript  its library in the frame code below program/, if there is any (Apache-2.0);
                wabt's wasm2c, which wrote that C, has the same licence
                (Copyright 2016-2023, WebAssembly Community Group participants)

What the program itself is made of beside these is its author's to license.
`,
  );
}

/** Flags of the shared objects with paths as the makefile has them. */
function makefileFlags(duktape: string): string[] {
  return sharedFlags("nofloat")
    .filter((flag) => !flag.startsWith("-DMIRAGE_USDT="))
    .map((flag) =>
      flag === `-I${duktape}`
        ? `-I${curdir}/duktape`
        : flag.startsWith("-I")
          ? flag.replace(/^-I/, `-I${curdir}/`)
          : flag.replace(`=${packageRoot}=`, `=${curdir}=`),
    );
}

/** A list as the value of a make variable. */
function list(words: readonly string[]): string {
  return words.map((word) => ` \\\n\t${word}`).join("");
}

/** Rules for files that are compiled with flags of their own. */
function rules(variable: string, files: readonly string[], flags: string): string {
  return `${variable}=${list(files)}

.for file in \${${variable}}
OBJS+=	\${file:R:S,/,_,g}.o
\${file:R:S,/,_,g}.o: \${.CURDIR}/\${file}
	\${CC} \${MIRAGE_FLAGS}${flags} -c \${.CURDIR}/\${file} -o \${.TARGET}
.endfor
`;
}

/** Sources as the makefile names them. */
interface Sources {
  readonly own: readonly string[];
  /** Compiled without warnings, which would help nobody here. */
  readonly engine: readonly string[];
  readonly frameCode: readonly string[];
}

/** make's variable for the folder of the makefile. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is make's.
const curdir = "${.CURDIR}";

/** Where frame code finds its headers. */
const folders = ["runtime/wasm", "program"];

function makefile(name: string, flags: readonly string[], sources: Sources): string {
  const kmod = sourcesBelow(join(packageRoot, "kmod"), false).map((file) => basename(file));
  return `${mark}
#
# mirage.ko with the program ${name}, for FreeBSD on amd64: make, as root make install, kldload mirage.
# It needs the kernel's source (SYSDIR, /usr/src/sys) and clang 14 or later as CC.

KMOD=	mirage
SYSDIR?=	/usr/src/sys

SRCS=	${kmod.join(" ")}
SRCS+=	bus_if.h device_if.h vnode_if.h opt_inet.h opt_inet6.h
.PATH:	\${.CURDIR}/kmod

# x87 would be what clang makes of doubles in a kernel; these are computed in
# general registers.
CFLAGS+=	-I\${.CURDIR}/kmod/include -I\${.CURDIR}/runtime/include -mno-80387

# What a GENERIC kernel has, for builds without a kernel's own options.
OSVERSION_OF_SYSDIR!=	sed -n 's/^.define[[:space:]]*__FreeBSD_version[[:space:]]*\\([0-9]*\\).*/\\1/p' \\
	\${SYSDIR}/sys/param.h
.if !defined(KERNBUILDDIR) || \${OSVERSION_OF_SYSDIR} < 1100000
CFLAGS+=	-DKDTRACE_HOOKS=1
.endif
.if !defined(KERNBUILDDIR)
CFLAGS+=	-DSMP=1
.if \${OSVERSION_OF_SYSDIR} >= 1200000
CFLAGS+=	-DMAC=1 -DVIMAGE=1
.endif
.endif

# Engine, runtime and frame code know nothing of the kernel, and are compiled as
# for any other target.
MIRAGE_FLAGS=${list(flags)}

${rules("MIRAGE_OWN", sources.own, "")}
${rules("MIRAGE_ENGINE", sources.engine, " -w")}
${sources.frameCode.length === 0 ? "" : `${rules("MIRAGE_FRAME_CODE", sources.frameCode, `${folders.map((one) => ` -I${curdir}/${one}`).join("")} -w`)}\n`}.include <bsd.kmod.mk>
`;
}

function readme(parts: ProgramParts): string {
  return `mirage.ko with the program ${parts.name} (build ${parts.buildId}), as plain C.

	make				# needs the kernel's source: SYSDIR=/usr/src/sys
	make install && kldxref /boot/modules
	kldload mirage

For the options of your own kernel: make KERNBUILDDIR=/usr/obj/usr/src/amd64.amd64/sys/KERNEL. The module loads
on kernels of the same major version that are not older than the source. FreeBSD 12.1 to 15, amd64, clang from 14 on.

program/	the program: bytecode (program.c), and frame code as C
runtime/	run loop, frames, engine host
stdlib-nofloat/	soft floating point, C and mathematical library
duktape/	the engine
kmod/		the platform: all that calls the kernel
licences/	of what is not Mirage's
`;
}

/**
 * Writes everything that a program's module is made of, a makefile and licences into a folder, which may be one that was
 * written before.
 *
 * @throws UsageError if the folder has other files in it.
 */
export function writeDist(given: string, parts: BuiltParts): void {
  const directory = resolve(given);
  prepare(directory);
  const duktape = findDuktape();
  const shared = sharedSources().map((file) => {
    const name = relative(packageRoot, file);
    return name.startsWith("..") ? { file, name: join("duktape", basename(file)) } : { file, name };
  });
  for (const { file, name } of shared) {
    copy(file, join(directory, name));
  }
  for (const name of readdirSync(duktape).filter((file) => /^duk.*\.[ch]$/.test(file))) {
    copy(join(duktape, name), join(directory, "duktape", name));
  }
  for (const name of headers()) {
    copy(join(packageRoot, name), join(directory, name));
  }
  for (const file of sourcesBelow(join(packageRoot, "kmod"), false)) {
    copy(file, join(directory, "kmod", basename(file)));
  }
  const program = join(directory, "program");
  mkdirSync(program);
  for (const source of parts.frameCode) {
    const name = basename(source, ".c");
    copy(source, join(program, `${name}.frame.c`));
    copy(join(dirname(source), `${name}.h`), join(program, `${name}.h`));
  }
  const bytecode = readFileSync(parts.program.bytecodeFile);
  writeFileSync(join(program, "program.c"), programC(parts.program, bytecode));
  const names = shared.map(({ name }) => name);
  const engine = names.filter((name) => /duktape/.test(basename(name)));
  const sources = {
    own: [...names.filter((name) => !engine.includes(name)), "program/program.c"],
    engine,
    frameCode: parts.frameCode.map((source) => `program/${basename(source, ".c")}.frame.c`),
  };
  writeFileSync(join(directory, "Makefile"), makefile(parts.program.name, makefileFlags(duktape), sources));
  writeFileSync(join(directory, "README"), readme(parts.program));
  writeLicences(directory, duktape);
}
