/** UDP echo on port 7, check and swap, in frame code. */
import { Program } from "mirage";
import "../../echo.frame.ts";

Program.stayAlive();
