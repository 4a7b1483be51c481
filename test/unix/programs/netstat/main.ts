import { args, Udp } from "mirage";

// With the network stack, and no network: its tables are there, and empty.
console.log("ready", typeof Udp.bind);
if (args.includes("spin")) for (;;);
setInterval(() => {}, 60_000);
