// The WebAssembly module's memory after many requests and refreshes.

import { inWorld, OURS, signedInTab, withBrowser } from "./world.mjs";

const FIRST = 100;
const REQUESTS = 10_000;
const REFRESHES = 200;

export const title = "Memory: after many requests and refreshes";
export const about = `The memory of the WebAssembly module after ${FIRST} requests, and after ${REQUESTS} requests and ${REFRESHES} refreshes. This memory never shrinks.`;
export const goal = "no growth";
export const columns = ["after", "bytes"];

export async function bench(progress) {
  return withBrowser((browser) =>
    inWorld(browser, {}, async (world) => {
      world.paths["/mcp/bench"] = (request, response) => response.end("ok");
      const tab = await signedInTab(world, OURS);
      const call = (count) =>
        tab.evaluate(
          async ({ url, count }) => {
            // Five at once, below a browser's limit of connections to one host.
            for (let n = 0; n < count; n += 5) {
              await Promise.all(Array.from({ length: 5 }, async () => (await app.session.fetch(url)).text()));
              app.exchanges.length = 0;
            }
          },
          { url: `${world.mcpUrl}/bench`, count },
        );
      const memory = () =>
        tab.evaluate(async () => {
          const { default: initialize } = await import("/pkg/wasm/mcp_authorize.js");
          return (await initialize(undefined)).memory.buffer.byteLength;
        });

      progress(`${FIRST} requests`);
      await call(FIRST);
      const before = await memory();
      progress(`${REQUESTS} requests and ${REFRESHES} refreshes`);
      for (let refresh = 0; refresh < REFRESHES; refresh += 1) {
        await call((REQUESTS - FIRST) / REFRESHES);
        await tab.evaluate(() => app.session.refresh());
      }
      return [
        { after: `${FIRST} requests`, bytes: before },
        { after: `${REQUESTS} requests, ${REFRESHES} refreshes`, bytes: await memory() },
      ];
    }),
  );
}

export const row = ({ after, bytes }) => [after, bytes.toLocaleString("en-US")];
export const met = ([before, after]) => after.bytes === before.bytes;

export function summary([before, after]) {
  const what = `WebAssembly memory after ${REQUESTS.toLocaleString("en-US")} requests and ${REFRESHES} refreshes`;
  return [[what, "no growth", `× ${(after.bytes / before.bytes).toFixed(2)} of the size after ${FIRST} requests`, "–"]];
}
