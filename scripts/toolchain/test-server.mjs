// The server of wasm-bindgen's tests. Of several connections that a browser opens at once, its pool of threads
// (tiny_http 0.12) may leave one in its queue while all threads are at connections that are kept open: then the page
// waits for a script without end. One more connection brings one more thread, which takes up what is in the queue.

import { once } from "node:events";
import { connect, createServer } from "node:net";

const EVERY_MS = 1000;

/** Begins to connect to it now and then: `{ env, end }`, of which `env` tells it where to listen. */
export async function attendTestServer() {
  const port = await freePort();
  const timer = setInterval(() => {
    const connection = connect(port, "127.0.0.1", () => connection.end());
    connection.on("error", () => {}); // It does not listen yet, or not any more.
  }, EVERY_MS);
  return { env: { WASM_BINDGEN_TEST_ADDRESS: `127.0.0.1:${port}` }, end: () => clearInterval(timer) };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
