// Installs what is missing to build and test the package: the npm packages, Rust for wasm32 with its source, wasm-bindgen and,
// for tests, wasm-pack and a browser. A second run takes no time. The other scripts use it, and `npm run setup` runs only
// this.

import { delimiter } from "node:path";
import { parseArgs } from "node:util";
import { Failure, cache, isMain, main } from "./run.mjs";
import { browser } from "./toolchain/browser.mjs";
import { modules } from "./toolchain/modules.mjs";
import { release } from "./toolchain/release.mjs";
import { rust } from "./toolchain/rust.mjs";
import { wasmBindgen, wasmPack } from "./toolchain/tools.mjs";

const HELP = `Usage: npm run setup -- [--no-tests]

Installs what builds and tests the package: npm packages, Rust for wasm32, wasm-bindgen,
wasm-pack and a browser. The first run takes about ten minutes.

  --no-tests   only what \`npm run build\` needs

What it downloads and compiles is kept in ${cache}
(MCP_AUTHORIZE_CACHE names another folder).`;

/**
 * `env` is for cargo and wasm-pack when they compile for wasm32, `release` for cargo
 * when it compiles what is published. Both come on top of `process.env`. `version`
 * identifies the compiler.
 */
export async function toolchain({ tests = false } = {}) {
  if (Number(process.versions.node.split(".")[0]) < 20) {
    throw new Failure(`Node.js 20 or newer is needed; this is ${process.version}.`);
  }
  await modules();
  const compiler = await rust();
  const published = await release(compiler);
  const folders = [await wasmBindgen()];
  const forTests = tests ? await browser() : {};
  if (tests) folders.push(await wasmPack());

  const path = { PATH: [...folders, process.env.PATH].join(delimiter) };
  return {
    version: compiler.version,
    env: { ...compiler.env, ...forTests, ...path },
    release: { ...published, env: { ...published.env, ...path } },
  };
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: { "no-tests": { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) return console.log(HELP);
    await toolchain({ tests: !values["no-tests"] });
    console.log("Everything is installed.");
  });
}
