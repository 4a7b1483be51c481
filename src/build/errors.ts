/**
 * Errors that the user is meant to read: they are printed without a stack.
 *
 * @module
 */

/** Exit codes of the `mirage` command. */
export const ExitCode = {
  Ok: 0,
  /** The program does not compile. */
  BuildFailed: 1,
  /** Bad arguments (EX_USAGE). */
  Usage: 64,
  /** The program failed or broke a budget (EX_SOFTWARE). */
  Failed: 70,
  Interrupted: 130,
} as const;

/** What the user's program or machine lacks; the message is complete as it stands. */
export class BuildError extends Error {
  override name = "BuildError";
}

/** The command line is wrong. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
