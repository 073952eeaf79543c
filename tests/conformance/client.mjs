// The client under test in Node.js. The suite starts it with the server's URL as the last argument.

import { run } from "./app.mjs";

await run(process.argv.at(-1), JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}"), {
  // Nothing listens there. The suite's authorization servers redirect at once, and the redirect has the response.
  redirectUri: "http://localhost:3000/callback",
  authorize: async (url) => (await fetch(url, { redirect: "manual" })).headers.get("location"),
}).catch((error) => {
  console.error(`${error.code ?? error.name}: ${error.message}`);
  process.exitCode = 1;
});
