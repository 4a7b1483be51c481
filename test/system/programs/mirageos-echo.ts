/** MirageOS's echo, line for line: what comes to a port goes back, until the end. */
import { args, Manager } from "mirage";

await Manager.create(async (manager) => {
  const port = Number(args[0] ?? 8080);
  console.log(`listening on TCP port ${port}`);
  await manager.listen({ port }, async (flow) => {
    const [dst, dstPort] = flow.dst();
    console.log(`new tcp connection from IP ${dst} on port ${dstPort}`);
    for (;;) {
      const result = await flow.read();
      switch (result.tag) {
        case "Eof":
          console.log("closing connection");
          return;
        case "Data":
          await flow.write(result.data);
      }
    }
  });
});
