// The second standard library, for release builds: compiled for size, and a panic
// in it stops the module without composing a message. That halves what a browser
// downloads. It is kept in the cache as a sysroot of its own, so that a clean clone
// need not compile it again. Where it can't be had, release builds use the ordinary
// library and come out bigger.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, read, run, step, which } from "../run.mjs";
import { TARGET, buildLibrary, hasSource, replaceFolder } from "./library.mjs";

const PANIC = ["-Zunstable-options", "-Cpanic=immediate-abort"];
// SHA-256 as a loop instead of 64 rounds written out: it hashes one verifier a sign-in.
const COMPACT = ["--cfg", 'sha2_backend_soft="compact"'];

/** The environment for cargo that compiles a release: `{ env, small }`. */
export async function release(compiler) {
  const sysroot = join(cache, `sysroot-small-${compiler.version}`);
  const small = existsSync(sysroot) || (await build(compiler, sysroot));
  if (!small) return { small, env: compiler.env };
  const env = {
    ...compiler.env,
    RUSTC_BOOTSTRAP: "1", // lets a stable compiler take the unstable options
    CARGO_ENCODED_RUSTFLAGS: ["--sysroot", sysroot, ...PANIC, ...COMPACT].join("\x1f"),
  };
  return { small, env };
}

async function build(compiler, sysroot) {
  // Tried once per compiler: what failed is not tried again on every build.
  const failed = join(cache, `no-small-library-${compiler.version}`);
  const reason = read(failed);
  if (reason) return without(reason, failed);

  try {
    if (!hasSource(compiler) && which("rustup")) {
      await step("Adding the Rust standard library's source (about 10 s, once)", () =>
        run("rustup", ["component", "add", "rust-src"], { log: "rustup-source", env: compiler.env }),
      );
    }
    await step("Building the small Rust standard library for releases (about 50 s, once)", () =>
      buildLibrary(compiler, {
        name: "small",
        crates: "std,panic_abort",
        features: "optimize_for_size",
        rustflags: PANIC,
        use: (files) => replaceFolder(sysroot, join("lib", "rustlib", TARGET, "lib"), files),
      }),
    );
    return true;
  } catch (error) {
    const last = error.message.trim().split("\n").pop();
    mkdirSync(cache, { recursive: true });
    writeFileSync(failed, last);
    return without(last, failed);
  }
}

function without(reason, failed) {
  console.log(`Without the small standard library, so the release is bigger. ${reason} Remove ${failed} to try again.`);
  return false;
}
