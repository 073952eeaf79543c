// `npm run build`: makes pkg/wasm, the generated part of the published package.
// cargo compiles the crate with the small standard library, wasm-bindgen writes the
// JavaScript and the types around it, wasm-opt shrinks it. With --dev none of the
// three optimises and functions keep their names. Nothing is done again when its
// input is the same.

import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Failure, fingerprint, isMain, main, read, root, run, step } from "./run.mjs";
import { shorten } from "./names.mjs";
import { inOrder } from "./order.mjs";
import { number, sizes } from "./sizes.mjs";
import { withoutUncalled } from "./table.mjs";
import { toolchain } from "./toolchain.mjs";
import { TARGET } from "./toolchain/library.mjs";
import { wasmBindgenVersion } from "./toolchain/tools.mjs";

const NAME = "mcp_authorize";
// The package's WebAssembly modules: the one that all load, and the one that is loaded to diagnose.
const MODULES = [
  { name: NAME, about: "the crate", features: "npm,authorizer" },
  { name: "diagnose", about: "the diagnosis", features: "npm,diagnose" },
];
const OUT = join(root, "pkg", "wasm");
const OPTIMIZER = join(root, "node_modules", "binaryen");

// Never --all-features: Binaryen would use what browsers don't have yet. The
// target-features section goes last, since wasm-bindgen and wasm-opt read it. Nor
// --traps-never-happen: a bound that is checked stays checked. The rest was found by
// measuring what brotli makes of it.
const OPTIMIZE = ["--flatten", "--rereloop", "--simplify-locals", "-Oz", "--converge", "--low-memory-unused"];
OPTIMIZE.push("--one-caller-inline-max-function-size=1", "--strip-debug", "--strip-producers");

const HELP = `Usage: node scripts/build.mjs [--dev]

Builds pkg/wasm from the Rust crate.

  --dev   quicker to build, not optimised, functions keep their names`;

export async function build({ dev = false } = {}) {
  const tools = await toolchain();
  const { env } = dev ? tools : tools.release;
  for (const module of MODULES) await buildModule(module, { dev, env });
  return { dev, small: tools.release.small };
}

async function buildModule({ name, about, features }, { dev, env }) {
  const target = join(root, "target");
  // Only as a cdylib: beside an rlib cargo does no link-time optimisation.
  const args = ["rustc", "--lib", "--crate-type", "cdylib", "--no-default-features", "--features", features];
  args.push("--target", TARGET, "--target-dir", target);
  if (!dev) args.push("--release");
  await step(`Compiling ${about} (up to ${dev ? 20 : 40} s)`, () => run("cargo", args, { log: "cargo-build", env }));

  const compiled = join(target, TARGET, dev ? "debug" : "release", `${NAME}.wasm`);
  const stamp = join(target, `built-${name}`);
  const input = fingerprint(
    readFileSync(compiled),
    wasmBindgenVersion(),
    read(join(OPTIMIZER, "package.json")) ?? "",
    dev ? "dev" : OPTIMIZE.join(" "),
    readFileSync(fileURLToPath(import.meta.url)),
    ...["names.mjs", "order.mjs", "table.mjs"].map((file) => readFileSync(join(root, "scripts", file))),
  );
  if (read(stamp) !== input || !existsSync(join(OUT, `${name}_bg.wasm`))) {
    copyFileSync(compiled, join(target, `${name}.wasm`)); // With names, for scripts/size.mjs.
    await step(`Writing ${about} to pkg/wasm (about 5 s)`, () => generate(compiled, name, { dev, env }));
    writeFileSync(stamp, input);
  }
}

async function generate(compiled, name, { dev, env }) {
  const folder = join(root, "target", "package");
  rmSync(folder, { recursive: true, force: true });
  // Each entry of the package says where its module is; bundlers would carry along a default that nobody uses.
  const how = ["--target", "web", "--omit-default-module-path", "--no-typescript"];
  const args = [...how, "--out-dir", folder, "--out-name", name, compiled];
  await run("wasm-bindgen", args, { log: "wasm-bindgen", env });
  const compact = join(folder, `${name}_bg.wasm`);
  // The scripts that the crate calls are those of src/browser, and have the same place for both modules.
  let script = readFileSync(join(folder, `${name}.js`), "utf8").replaceAll(/\.\/snippets\/[^/]+\/src\//g, "./");
  let wasm = readFileSync(compact);
  if (!dev) {
    writeFileSync(compact, await withoutUncalled(wasm, script));
    await optimize(compact);
    ({ wasm, script } = shorten(await inOrder(readFileSync(compact)), script));
  }
  const browser = join(root, "src", "browser");
  cpSync(browser, join(OUT, "browser"), { recursive: true, filter: (file) => file === browser || file.endsWith(".js") });
  writeFileSync(join(OUT, `${name}_bg.wasm`), wasm);
  writeFileSync(join(OUT, `${name}.js`), script);
  writeFileSync(join(OUT, `${name}_inline.js`), `export default "${wasm.toString("base64")}";\n`);
}

async function optimize(wasm) {
  // node starts it, so that this works where a script can't be a program.
  const program = join(OPTIMIZER, "bin", "wasm-opt");
  await run(process.execPath, [program, ...OPTIMIZE, wasm, "-o", wasm], { log: "wasm-opt" });
  try {
    await WebAssembly.compile(readFileSync(wasm));
  } catch (error) {
    throw new Failure(`wasm-opt made a module that no engine takes: ${error.message}`);
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
