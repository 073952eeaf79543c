// Cloudflare's workers-oauth-provider in workerd.

import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const free = createServer().listen(0, "127.0.0.1");
await once(free, "listening");
const { port } = free.address();
free.close();
await once(free, "close");

const origin = `http://localhost:${port}`;
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("worker.mjs", import.meta.url))],
  bundle: true,
  format: "esm",
  conditions: ["workerd"],
  external: ["cloudflare:*", "node:*"],
  define: { ORIGIN: JSON.stringify(origin) },
  write: false,
});
const worker = new Miniflare({
  host: "127.0.0.1",
  port,
  modules: true,
  script: outputFiles[0].text,
  kvNamespaces: ["OAUTH_KV"],
  compatibilityDate: "2026-07-01",
  compatibilityFlags: ["global_fetch_strictly_public", "nodejs_compat"],
});
await worker.ready;
console.log(JSON.stringify({ mcpUrl: `${origin}/mcp` }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => worker.dispose().then(() => process.exit()));
