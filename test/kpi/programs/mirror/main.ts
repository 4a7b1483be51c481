/** Answers as udp-echo does; long frames go back to where they came from. */
import "../../../../examples/udp-echo/main.ts";
import { mirrored } from "./mirror.frame.ts";

console.log("long frames:", mirrored());
