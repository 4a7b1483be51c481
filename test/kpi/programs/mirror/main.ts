import { Netif } from "mirage";
import { ready } from "./mirror.frame.ts";

console.log("mirror", ready());
// Keeps the program alive; the frame code takes all frames.
for (const netif of Netif.all()) netif.listen(() => {});
