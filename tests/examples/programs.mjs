// Compiles the Rust examples. Their dependencies are compiled once, into the cache.

import { join } from "node:path";
import { cache, root, run, step } from "../../scripts/run.mjs";
import { toolchain } from "../../scripts/toolchain.mjs";
import { TARGET } from "../../scripts/toolchain/rust.mjs";
import { wasmBindgen } from "../../scripts/toolchain/tools.mjs";

const target = join(cache, "examples");

/** @returns {Promise<string>} the path of the program */
export async function native(name) {
  await cargo(name, ["build"], {});
  return join(target, "debug", `mcp-authorize-${name}`);
}

/** @returns {Promise<string>} the folder with the bindings and the module */
export async function page(name) {
  const { env } = await toolchain({ tests: true });
  await cargo(name, ["build", "--release", "--target", TARGET], env);
  const folder = join(target, name);
  const module = join(target, TARGET, "release", `mcp-authorize-${name}.wasm`);
  const program = join(await wasmBindgen(join(root, "examples", name)), "wasm-bindgen");
  await run(program, ["--target", "web", "--out-dir", folder, module], { log: `${name}-bindgen`, env });
  return folder;
}

function cargo(name, args, env) {
  const cwd = join(root, "examples", name);
  return step(`Compiling examples/${name} (up to 2 minutes)`, () =>
    run("cargo", args, { log: `example-${name}`, cwd, env: { ...env, CARGO_TARGET_DIR: target } }),
  );
}
