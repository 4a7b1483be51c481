/** Shows what the command line said. */
import { args, exit } from "mirage";
import { native } from "../../../../src/lib/native.ts";

switch (args[0]) {
  case "config":
    console.log(native.config.ipv4, native.config.gateway);
    break;
  case "spin":
    for (;;) {
      // for as long as the budget lasts
    }
  case "exit":
    exit(Number(args[1]));
    break;
  default:
    console.log(JSON.stringify(args));
}
