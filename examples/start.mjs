// `npm run example`: examples/mcp-sdks with the demo's servers.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { main } from "../scripts/run.mjs";
import { project } from "../tests/consumers/project.mjs";
import { pack } from "../tests/package/pack.mjs";
import { start } from "../www/serve.mjs";

const HELP = `Usage: npm run example [-- --port 5173]

Builds the package, and runs the example page with an MCP server of the demo.`;

await main(async () => {
  const { values } = parseArgs({ options: { port: { type: "string", default: "5173" }, help: { type: "boolean" } } });
  if (values.help) return console.log(HELP);
  await build();
  const packed = mkdtempSync(join(tmpdir(), "mcp-authorize-"));
  const folder = await project({ project: "../../examples/mcp-sdks" }, pack(packed).tarball);
  rmSync(packed, { recursive: true });

  const demo = await start();
  const server = encodeURIComponent(demo.mcpUrl);
  console.log(`The example is at http://127.0.0.1:${values.port}/?server=${server}&sdk=client-2 (Ctrl+C ends it)`);
  const vite = spawn("npm", ["run", "dev", "--", "--port", values.port, "--logLevel", "warn"], {
    cwd: folder,
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => vite.kill(signal));
  await once(vite, "exit");
  await demo.close();
});
