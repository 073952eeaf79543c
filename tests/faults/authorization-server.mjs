// The demo's authorization server in a separate process, so that a restart loses its memory. `restartable` starts it
// with the options as its only argument, and it sends back its port.

import { once } from "node:events";
import { fork } from "node:child_process";
import { createServer, request as ask } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { portOf } from "../../www/servers/port.mjs";

const self = fileURLToPath(import.meta.url);

/**
 * A value for `issue` of a world. Each call starts a new server without the keys, registrations and tokens of the
 * previous one.
 *
 * @param {Pick<import("node:test").TestContext, "after">} t
 */
export function restartable(t) {
  let process;
  const end = async () => {
    if (!process) return;
    const ended = once(process, "exit");
    process.kill();
    await ended;
  };
  t.after(end);
  return async (options) => {
    await end();
    process = fork(self, [JSON.stringify(options)]);
    const [port] = await once(process, "message");
    return (request, response) => {
      const { url: path, method, headers, body } = request;
      if (body !== undefined) headers["content-length"] = Buffer.byteLength(body);
      const forwarded = ask({ host: "127.0.0.1", port, path, method, headers }, async (answer) => {
        const received = await text(answer);
        for (const [name, value] of Object.entries(answer.headers)) {
          if (!["connection", "transfer-encoding", "content-length", "keep-alive"].includes(name))
            response.setHeader(name, value);
        }
        response.statusCode = answer.statusCode;
        response.end(received);
      });
      forwarded.on("error", () => response.destroy());
      if (body === undefined) request.pipe(forwarded);
      else forwarded.end(body);
    };
  };
}

if (process.argv[1] === self) {
  for (const level of ["info", "warn"]) console[level] = () => {};
  const { authorizationServer } = await import("../../www/servers/authorization-server.mjs");
  const server = createServer(await authorizationServer(JSON.parse(process.argv[2])));
  server.listen(0, "127.0.0.1", () => process.send(portOf(server)));
  process.on("disconnect", () => process.exit());
}
