/**
 * What a program is linked into: an executable for this machine, or a module for a kernel.
 *
 * @module
 */
import type { Objects } from "./objects.ts";

export interface Target {
  readonly name: string;
  /** Digest of all that goes into the product beside the program and the shared objects. */
  readonly key: string;
  /** Tells the folders of one program's products apart. */
  readonly place: string;
  /** Name of the product in the cache. */
  readonly product: string;
  /** Permissions of the product. */
  readonly mode: number;
  /** Name of the product of a program, where the user wants it. */
  fileName(program: string): string;
  /** Links a program's own objects with everything else. */
  link(output: string, objects: readonly string[], runtime: Objects): Promise<void>;
}
