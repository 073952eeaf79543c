// `npm run build`: makes pkg/wasm, the generated part of the published package.
// cargo compiles the crate, wasm-bindgen writes the JavaScript around it, wasm-opt
// shrinks it. With --dev none of the three optimises and functions keep their names.
// A step is skipped if its input has not changed.

import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Failure, fingerprint, isMain, main, read, root, run, step } from "./run.mjs";
import { number, sizes } from "./sizes.mjs";
import { toolchain } from "./toolchain.mjs";
import { TARGET } from "./toolchain/rust.mjs";

const NAME = "mcp_authorize";
// The package's WebAssembly modules: the main one, the one that replaces it for organisations, and those for the diagnosis,
// for URLs that servers ask to open, and for single steps.
const MODULES = [
  { name: NAME, about: "the crate", features: "npm,authorizer" },
  { name: "enterprise", about: "the crate with identity providers", features: "npm,authorizer,enterprise" },
  { name: "diagnose", about: "the diagnosis", features: "npm,diagnose" },
  { name: "elicitation", about: "the elicitation", features: "npm,elicitation" },
  { name: "steps", about: "the steps", features: "npm,steps" },
];
const PKG = join(root, "pkg");
const OUT = join(PKG, "wasm");
const TARGETS = join(root, "target");
const OPTIMIZER = join(root, "node_modules", "binaryen");

const HELP = `Usage: npm run build -- [--dev]

Builds pkg/wasm from the Rust crate.

  --dev   builds faster; the result is not optimised, and functions keep their names`;

export async function build({ dev = false } = {}) {
  removeLeftovers();
  const tools = await toolchain();
  const stamp = join(TARGETS, "built");
  const input = inputs(tools, dev);
  if (read(stamp) !== input || !existsSync(OUT)) {
    rmSync(stamp, { force: true });
    for (const module of MODULES) await compile(module, { dev, tools });
    rmSync(OUT, { recursive: true, force: true });
    for (const module of MODULES) {
      await step(`Writing ${module.about} to pkg/wasm (about 5 s)`, () => generate(module, { dev, tools }));
    }
    writeFileSync(stamp, input);
  }
  return { dev, small: tools.release.small };
}

/** The output of a plain `wasm-pack build` beside the hand-written files. Its .gitignore would hide new files from Git. */
function removeLeftovers() {
  const left = /^(\.gitignore|LICENSE-.+|README\.md|mcp_authorize.*|package\.json|snippets)$/;
  for (const name of readdirSync(PKG)) if (left.test(name)) rmSync(join(PKG, name), { recursive: true });
}

/** A hash of the package's sources and tools. */
function inputs({ release, version }, dev) {
  const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true });
  const files = sources
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const others = ["Cargo.toml", "Cargo.lock", join("node_modules", "binaryen", "package.json")].map((file) =>
    join(root, file),
  );
  return fingerprint(
    version,
    JSON.stringify([dev, release.args, release.env.CARGO_ENCODED_RUSTFLAGS]),
    ...[...files.sort(), ...others, fileURLToPath(import.meta.url)].flatMap((file) => [file, readFileSync(file)]),
  );
}

async function compile({ name, about, features }, { dev, tools }) {
  // Only as a cdylib: together with an rlib, cargo does no link-time optimisation.
  const args = ["rustc", "--lib", "--crate-type", "cdylib", "--no-default-features", "--features", features];
  args.push("--target", TARGET, "--target-dir", TARGETS);
  if (!dev) args.push("--release", ...tools.release.args, "--", ...tools.release.rustc);
  const { env } = dev ? tools : tools.release;
  await step(`Compiling ${about} (up to ${dev ? 20 : 60} s)`, () => run("cargo", args, { log: "cargo-build", env }));
  // Each build replaces the previous one. With names, for scripts/size.mjs.
  copyFileSync(join(TARGETS, TARGET, dev ? "debug" : "release", `${NAME}.wasm`), join(TARGETS, `${name}.wasm`));
}

async function generate({ name }, { dev, tools }) {
  // Each entry of the package loads its module itself. Bundlers would include an unused default.
  const how = ["--target", "web", "--omit-default-module-path"];
  const args = [...how, "--out-dir", OUT, "--out-name", name, join(TARGETS, `${name}.wasm`)];
  await run("wasm-bindgen", args, { log: "wasm-bindgen", env: tools.env });
  const wasm = join(OUT, `${name}_bg.wasm`);
  if (!dev) await optimize(wasm);
  writeFileSync(join(OUT, `${name}_inline.js`), `export default "${readFileSync(wasm, "base64")}";\n`);
}

// Never --all-features: Binaryen would use features that browsers do not support yet.
async function optimize(wasm) {
  // Started by node, because some systems can't run a script as a program.
  const program = join(OPTIMIZER, "bin", "wasm-opt");
  await run(process.execPath, [program, "-Oz", wasm, "-o", wasm], { log: "wasm-opt" });
  try {
    await WebAssembly.compile(readFileSync(wasm));
  } catch (error) {
    throw new Failure(`wasm-opt made a module that no engine accepts: ${error.message}`);
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { dev: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
    if (values.help) return console.log(HELP);
    const { dev, small } = await build(values);
    const [wasm, script] = [`${NAME}_bg.wasm`, `${NAME}.js`].map((file) => sizes(readFileSync(join(OUT, file))));
    const kind = dev ? "not optimised" : small ? "small standard library" : "ordinary standard library";
    console.log(
      `pkg/wasm (${kind}): wasm ${number(wasm.raw)} bytes, ${number(wasm.brotli)} brotli; ` +
        `JavaScript ${number(script.raw)} bytes, ${number(script.brotli)} brotli.`,
    );
  });
}
