/** UDP echo on port 7, check and swap, in frame code. */
import "../../echo.frame.ts";
