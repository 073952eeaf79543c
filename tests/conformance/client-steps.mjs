// The client under test in Node.js, by the steps alone. The suite starts it with the server's URL as the last argument.

import { run } from "./app-steps.mjs";

await run(process.argv.at(-1), JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}"), {
  // Nothing listens there. The suite's authorization servers ask no user but redirect at once, and that is enough.
  redirectUri: "http://localhost:3000/callback",
  authorize: async (url) => (await fetch(url, { redirect: "manual" })).headers.get("location"),
}).catch((thrown) => {
  // While it connects, the SDK wraps what `fetch` threw.
  const error = thrown.cause?.code ? thrown.cause : thrown;
  console.error(`${error.code ?? error.name}: ${error.message}`);
  process.exitCode = 1;
});
