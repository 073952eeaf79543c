// Installs the peers from the lock file here, and bundles them like an application's build.

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run, step } from "../scripts/run.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Installs the packages of package-lock.json, unless they are installed. */
export async function installPeers() {
  const lock = join(here, "package-lock.json");
  const installed = join(here, "node_modules", ".package-lock.json"); // npm writes it last
  if (existsSync(installed) && statSync(installed).mtime > statSync(lock).mtime) return;
  await step("Installing the peers (about 20 s, once)", () => run("npm", ["ci"], { log: "npm-benches", cwd: here }));
}

/**
 * Bundles a script into one minified module for browsers.
 *
 * @param {{ contents?: string, entry?: string }} source a script's text, or a file of ./page
 * @returns {Promise<Uint8Array>}
 */
export async function bundle({ contents, entry }) {
  const { build } = await import("esbuild"); // Imported only when needed, because `npm run bench -- --help` must work without it.
  const { outputFiles } = await build({
    ...(entry ? { entryPoints: [join(here, "page", entry)] } : { stdin: { contents, resolveDir: here } }),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    alias: { "mcp-authorize": join(root, "pkg", "index.js") },
    external: ["node:*", "./diagnose.js"], // Loaded on demand.
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0].contents;
}
