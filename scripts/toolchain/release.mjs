// How a release is compiled: cargo builds the standard library together with the crate, optimised for size, and a panic stops
// the module without a message. This makes the download a tenth smaller. cargo allows it only for nightly compilers;
// RUSTC_BOOTSTRAP allows it for a stable one.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure, cache, root, run, step, which } from "../run.mjs";

const LIBRARY = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
const PANIC = ["-Zunstable-options", "-Cpanic=immediate-abort"];
// No visible text is made by `Debug`.
const DEBUG = ["-Zfmt-debug=none"];
// SHA-256 as a loop instead of 64 unrolled rounds: it only hashes one verifier per sign-in.
const COMPACT = ["--cfg", 'sha2_backend_soft="compact"'];

/**
 * How cargo compiles a release: its arguments, those of rustc for the crate, and the environment. If the library's source is
 * not available, `small` is false: the release has the ordinary library and is bigger.
 */
export async function release(compiler) {
  const small = await getSource(compiler);
  const flags = [...(small ? PANIC : []), ...DEBUG, ...COMPACT];
  const env = {
    ...compiler.env,
    RUSTC_BOOTSTRAP: "1",
    CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f"),
    // The library and the dependencies are compiled once for all clones.
    CARGO_BUILD_BUILD_DIR: join(cache, "cargo"),
  };
  // cargo distinguishes the crates of several clones there by their path.
  return { small, env, args: small ? LIBRARY : [], rustc: [`--remap-path-prefix=${root}=.`] };
}

async function getSource(compiler) {
  if (hasSource(compiler)) return true;
  if (!which("rustup")) return without("the Rust standard library's source is missing");
  try {
    await step("Adding the Rust standard library's source (about 10 s, once)", () =>
      run("rustup", ["component", "add", "rust-src"], { log: "rustup-source", env: compiler.env }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return without(error.message.trim().split("\n").pop());
  }
}

const hasSource = ({ sysroot }) => existsSync(join(sysroot, "lib", "rustlib", "src", "rust", "library", "Cargo.lock"));

function without(reason) {
  console.log(`The release will be bigger than it could be: ${reason}`);
  return false;
}
