// The Rust command-line tools, each in one exact version. wasm-bindgen's must be the version of the crate in Cargo.lock, because
// both share a format that changes from version to version. A tool on the PATH is used if it has the right version. Otherwise it
// is compiled once into the cache.

import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Failure, answer, cache, isProgram, read, root, run, step, which } from "../run.mjs";

const WASM_PACK = "0.15.1";
const GECKODRIVER = "0.37.0";
const CARGO_FUZZ = "0.13.2";
const CARGO_DENY = "0.20.2";
const CARGO_MUTANTS = "27.1.0";

/** The folder that holds `wasm-bindgen` and `wasm-bindgen-test-runner`, for the crate in `folder`. */
export function wasmBindgen(folder = root) {
  const lock = join(folder, "Cargo.lock");
  const version = /name = "wasm-bindgen"\r?\nversion = "([^"]+)"/.exec(read(lock) ?? "")?.[1];
  if (!version) throw new Failure(`${lock} has no wasm-bindgen.`);
  return tool("wasm-bindgen-cli", "wasm-bindgen", version, 4);
}

/** The folder that holds `wasm-pack`. */
export const wasmPack = () => tool("wasm-pack", "wasm-pack", WASM_PACK, 6);

/** The folder with `geckodriver`, which controls Firefox. */
export const geckodriver = () => tool("geckodriver", "geckodriver", GECKODRIVER, 2);

/** The folder that holds `cargo-fuzz`. */
export const cargoFuzz = () => tool("cargo-fuzz", "cargo-fuzz", CARGO_FUZZ, 2);

/** The folder that holds `cargo-deny`. */
export const cargoDeny = () => tool("cargo-deny", "cargo-deny", CARGO_DENY, 8);

/** The folder that holds `cargo-mutants`. */
export const cargoMutants = () => tool("cargo-mutants", "cargo-mutants", CARGO_MUTANTS, 6);

async function tool(crate, program, version, minutes) {
  const onPath = which(program);
  if (onPath && (await hasVersion(onPath, version))) return join(onPath, "..");

  const folder = join(cache, `${crate}-${version}`);
  const bin = join(folder, "bin");
  if (isProgram(join(bin, program))) return bin;

  if (!which("cargo")) {
    throw new Failure(`cargo is missing, which compiles ${crate}: install Rust from https://rustup.rs`);
  }
  await step(`Compiling ${crate} ${version} (about ${minutes} minutes, once)`, async () => {
    const args = ["install", crate, "--version", version, "--root", folder, "--force"];
    try {
      await run("cargo", [...args, "--locked"], { log: crate, cwd: cache });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      process.stdout.write("failed with its lock (a registry may lack a crate in it), trying without… ");
      await run("cargo", args, { log: crate, cwd: cache });
    }
    if (!(await hasVersion(join(bin, program), version))) {
      rmSync(folder, { recursive: true, force: true });
      throw new Failure(`${program} ${version} was compiled, but it does not start or names another version.`);
    }
  });
  return bin;
}

async function hasVersion(program, version) {
  // Cargo passes a subcommand its name as the first argument, and without it cargo-mutants prints its usage only.
  const subcommand = /^cargo-([^./\\]+)/.exec(basename(program))?.[1];
  const args = subcommand ? [subcommand, "--version"] : ["--version"];
  return (await answer(program, args))?.split(/\s/)[1] === version;
}
