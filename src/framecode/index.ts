/**
 * What frame code imports as `mirage/framecode`. How to write frame code: `docs/frame-code.md`.
 *
 * @module
 */
export * from "./alarm";
export * from "./bytes";
export * from "./checksum";
export * from "./counter";
export * from "./flags";
export * from "./mirage";
export * from "./text";
