// How a release is compiled: cargo builds the standard library along with the crate, for size, and a panic stops the
// module without composing a message. That takes a tenth off what a browser downloads. cargo allows it to nightly
// compilers; RUSTC_BOOTSTRAP lets a stable one do it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure, cache, root, run, step, which } from "../run.mjs";

const LIBRARY = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
const PANIC = ["-Zunstable-options", "-Cpanic=immediate-abort"];
// Nothing that is shown is made by `Debug`.
const DEBUG = ["-Zfmt-debug=none"];
// SHA-256 as a loop instead of 64 rounds written out: it hashes one verifier a sign-in.
const COMPACT = ["--cfg", 'sha2_backend_soft="compact"'];

/**
 * What cargo takes to compile a release: its arguments, those of rustc for the crate alone, and the environment. Where
 * the library's source can't be had, `small` is false: the release has the ordinary library and is bigger.
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
  // By its place cargo tells one clone's crate from another's there.
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
