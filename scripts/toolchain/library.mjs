// Compiles Rust's own standard library for wasm32 from its source, as the
// dependency of an empty crate, and hands over the compiled files. cargo calls
// this -Zbuild-std and allows it to nightly compilers; RUSTC_BOOTSTRAP lets a
// stable one do it.

import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, run } from "../run.mjs";

export const TARGET = "wasm32-unknown-unknown";

export function hasSource(compiler) {
  return existsSync(join(compiler.sysroot, "lib", "rustlib", "src", "rust", "library", "Cargo.lock"));
}

/** Builds `crates` and calls `use` with the paths of the .rlib files, which exist until it returns. */
export async function buildLibrary(compiler, { name, crates, features, rustflags, use }) {
  const folder = join(cache, `library-${name}`);
  rmSync(folder, { recursive: true, force: true }); // what an interrupted run left behind
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "src", "lib.rs"), "#![no_std]\n");
  writeFileSync(
    join(folder, "Cargo.toml"),
    '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n\n' +
      '[profile.release]\nopt-level = "z"\n\n[workspace]\n',
  );

  const target = join(folder, "target");
  const args = ["build", "--release", "--target", TARGET, "--target-dir", target, `-Zbuild-std=${crates}`];
  if (features) args.push(`-Zbuild-std-features=${features}`);
  const env = {
    ...compiler.env,
    RUSTC_BOOTSTRAP: "1",
    // The bitcode is what link-time optimisation reads.
    CARGO_ENCODED_RUSTFLAGS: [...rustflags, "-Cembed-bitcode=yes"].join("\x1f"),
  };
  await run("cargo", args, { log: `library-${name}`, cwd: folder, env });

  const deps = join(target, TARGET, "release", "deps");
  const files = readdirSync(deps).filter((file) => file.endsWith(".rlib") && !file.startsWith("libempty-"));
  await use(files.map((file) => join(deps, file)));
  rmSync(folder, { recursive: true, force: true });
}

/** Puts `files` in `<folder>/<inside>` and the texts beside it: all of it at once, or nothing. */
export function replaceFolder(folder, inside, files, texts = {}) {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, inside), { recursive: true });
  for (const file of files) copyFileSync(file, join(partial, inside, file.split(/[\\/]/).pop()));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(partial, name), text);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}
