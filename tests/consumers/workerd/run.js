// Does what `wrangler dev` does: bundles with esbuild and Cloudflare's conditions, and passes WebAssembly as compiled
// modules.

import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";
import { basename } from "node:path";

const modules = [];
const compiledWasm = {
  name: "compiled-wasm",
  setup(build) {
    build.onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir, pluginData, kind }) => {
      if (pluginData) return;
      const { path: file } = await build.resolve(path, { resolveDir, kind, pluginData: true });
      modules.push({ type: "CompiledWasm", path: basename(file), contents: readFileSync(file) });
      return { path: `./${basename(file)}`, external: true };
    });
  },
};
const { outputFiles } = await build({
  entryPoints: ["worker.js"],
  bundle: true,
  format: "esm",
  conditions: ["workerd", "worker", "browser"],
  plugins: [compiledWasm],
  write: false,
});
modules.unshift({ type: "ESModule", path: "worker.js", contents: outputFiles[0].text });

const runtime = new Miniflare({ modules, compatibilityDate: "2026-07-01" });
const response = await runtime.dispatchFetch(`http://localhost/?server=${encodeURIComponent(process.argv[2])}`);
console.log(await response.text());
await runtime.dispose();
