/** Nothing but binary64 arithmetic: the worst case for soft float. */
import { measure } from "./measure.js";

measure("floats", 40, 58, () => {
  let inside = 0;
  for (let y = 0; y < 12; y++) {
    for (let x = 0; x < 12; x++) {
      const cr = x / 6.1 - 1.5;
      const ci = y / 6.1 - 1.0;
      let zr = 0;
      let zi = 0;
      let n = 0;
      while (n < 200 && zr * zr + zi * zi < 4) {
        const t = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = t;
        n++;
      }
      inside += n === 200 ? 1 : 0;
    }
  }
  return inside;
});
