// An HTTP proxy that tunnels to one address whatever name is asked for: what maps names for programs that look them up by
// themselves.
import { once } from "node:events";
import http from "node:http";
import net from "node:net";

/** Starts it on this machine, in front of a host and port. */
export async function proxy(target) {
  const { hostname, port } = new URL(`tcp://${target}`);
  const open = new Set();
  const server = http.createServer((_, response) => response.writeHead(501).end());
  server.on("connect", (_, client, head) => {
    const cloud = net.connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      cloud.write(head);
      client.pipe(cloud).pipe(client);
    });
    for (const [end, other] of [[client, cloud], [cloud, client]]) {
      open.add(end);
      end.on("error", () => other.destroy());
      end.on("close", () => open.delete(end));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: server.address().port,
    close() {
      server.close();
      open.forEach((end) => end.destroy());
    },
  };
}
