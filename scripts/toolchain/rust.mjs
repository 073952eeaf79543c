// The compiler with its standard library for wasm32. On most machines, rustup installs it. If rustup can't (it is missing, or
// its server can't be reached), Debian's packages have a compiler and the library's source, and the library is compiled from
// that. Returns which compiler to use: `{ env, version, sysroot }`.

import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, answer, cache, fingerprint, read, run, step, which } from "../run.mjs";
import { canInstall, install } from "./debian.mjs";

export const TARGET = "wasm32-unknown-unknown";

/** cargo's arguments for everything that the crate has in a browser. */
export const FOR_BROWSERS = ["--target", TARGET, "--features", "diagnose,elicitation,steps"];

// rust-web-llvm has the linker rust-lld, which is a link into lld-22.
const PACKAGES = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];

export async function rust() {
  const rustup = which("rustup");
  // With rustup, a toolchain named "debian". Without it, the compiler on the PATH.
  const debian = rustup ? { RUSTUP_TOOLCHAIN: "debian" } : {};

  for (const env of rustup ? [{}, debian] : [{}]) {
    const compiler = await inspect(env);
    if (compiler && hasLibrary(compiler)) return compiler;
  }
  if (rustup && (await addTarget())) return inspect({});

  await installDebian(rustup);
  const compiler = await inspect(debian);
  if (!compiler) throw new Failure(`Debian's rustc was installed but does not start. ${ADVICE}`);
  if (!hasLibrary(compiler)) await buildLibrary(compiler);
  return compiler;
}

const ADVICE = `Install Rust from https://rustup.rs, then: rustup target add ${TARGET}`;

async function inspect(env) {
  const [version, sysroot] = await Promise.all([
    answer("rustc", ["-vV"], { env }),
    answer("rustc", ["--print", "sysroot"], { env }),
  ]);
  return version && sysroot && { env, sysroot, version: fingerprint(version) };
}

const folder = (compiler) => join(compiler.sysroot, "lib", "rustlib", TARGET);
const stamp = (compiler) => join(folder(compiler), "built-for");

// A library that we built has a stamp, because no other compiler can use it.
function hasLibrary(compiler) {
  let files;
  try {
    files = readdirSync(join(folder(compiler), "lib"));
  } catch {
    return false;
  }
  const builtFor = read(stamp(compiler));
  return files.some((file) => /^libstd-.*\.rlib$/.test(file)) && (builtFor ?? compiler.version) === compiler.version;
}

async function addTarget() {
  try {
    await step(`Adding Rust's ${TARGET} target (about 10 s, once)`, () =>
      run("rustup", ["target", "add", TARGET], { log: "rustup-target" }),
    );
    return true;
  } catch {
    console.log("rustup can't get it: trying Debian's packages.");
    return false;
  }
}

async function installDebian(rustup) {
  if (!canInstall()) throw new Failure(`Rust can't compile for ${TARGET} here. ${ADVICE}`);
  await install(PACKAGES, "Rust", "50 s");
  if (rustup) await run("rustup", ["toolchain", "link", "debian", "/usr"], { log: "rustup-link" });
}

// As the dependency of an empty crate; RUSTC_BOOTSTRAP lets a stable cargo do it.
async function buildLibrary(compiler) {
  const project = join(cache, "library");
  rmSync(project, { recursive: true, force: true }); // What an interrupted run left behind.
  mkdirSync(join(project, "src"), { recursive: true });
  writeFileSync(join(project, "src", "lib.rs"), "#![no_std]\n");
  writeFileSync(join(project, "Cargo.toml"), '[package]\nname = "empty"\nedition = "2024"\n\n[workspace]\n');
  const args = ["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,test,proc_macro"];
  // Link-time optimisation needs the bitcode.
  const env = {
    ...compiler.env,
    RUSTC_BOOTSTRAP: "1",
    RUSTFLAGS: "-Cembed-bitcode=yes",
    CARGO_TARGET_DIR: join(project, "target"),
  };
  await step("Building the Rust standard library for wasm32 (about 50 s, once)", () =>
    run("cargo", args, { log: "library", cwd: project, env }),
  );

  // Renamed at the end, so that it is never incomplete.
  const built = join(project, "target", TARGET, "release", "deps");
  const partial = `${folder(compiler)}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, "lib"), { recursive: true });
  for (const file of readdirSync(built)) {
    if (/^lib(?!empty-).*\.rlib$/.test(file)) copyFileSync(join(built, file), join(partial, "lib", file));
  }
  writeFileSync(join(partial, "built-for"), compiler.version);
  rmSync(folder(compiler), { recursive: true, force: true });
  renameSync(partial, folder(compiler));
  rmSync(project, { recursive: true, force: true });
}
