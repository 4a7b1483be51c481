import { Netif } from "mirage";
import { frames } from "./cable.frame.ts";

console.log("connected", Netif.all().length, "interfaces;", frames(), "frames");
// Keeps the program alive; the frame code takes all frames.
Netif.open().listen(() => {});
