/**
 * Frames that all connections together may hold: received and not consumed, early, queued to be sent. A program has a limit of
 * frames (rtparam `f`, 4,096 by default), and when they are used up it hears nothing: no acknowledgement that gives some back, no
 * reset. So TCP keeps to three quarters of them.
 *
 * @module
 */

/** Any connection may hold some of these, as `shareOf` says. */
const FRAMES_SHARED: u32 = 1536;
/** For who has received nothing yet that is not consumed, or has nothing queued to send: one frame, whatever the others hold. */
const FRAMES_FIRST: u32 = 1024;
export const FRAMES_MAX: u32 = FRAMES_SHARED + FRAMES_FIRST;
/** The same for connections that hold nothing and have got on before: what newcomers leave lying must not stop them. */
export const FRAMES_RESERVE: u32 = 512;
/** From here on windows are not opened further while the program has not consumed what came: one alone never comes so far. */
export const FRAMES_SCARCE: u32 = (FRAMES_SHARED / 8) * 7;
/**
 * Without frames, whose peer has taken nothing for so long is cut off (RFC 6429): that is two probes of its window. With frames it
 * may keep its window closed for as long as it likes.
 */
export const STALLED_MILLISECONDS: u64 = 10_000;
/** Connections that are looked at for one that has stalled, each time when there is no frame: there may be thousands. */
export const STALLED_LOOKS: u32 = 256;

/**
 * So many frames must be left for one more to go to who has `frames`: what one may take shrinks with what there is (Choudhury and Hahn,
 * 1998). One alone gets four fifths of what is shared.
 */
export function shareOf(frames: u32): u32 {
  return frames !== 0 ? FRAMES_FIRST + frames / 4 : 0;
}
