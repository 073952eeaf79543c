// `npm run public-api`: compares the crate's public Rust API, item by item, with the snapshots in tests/public-api. So each
// change of the API is visible in the diff of a commit, and intended.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Failure, answer, cache, capture, isMain, main, read, root, run, step, which } from "./run.mjs";
import { toolchain } from "./toolchain.mjs";
import { FOR_BROWSERS, TARGET } from "./toolchain/rust.mjs";

/** The compiler whose rustdoc writes the JSON: its format changes from version to version. */
const RUST = "1.95";
const FOLDER = join("tests", "public-api");

/** The builds of the crate that programs use: cargo's arguments, and the folder of the JSON. The others extend the first. */
const BUILDS = [
  { name: "native", args: [], json: ["doc"] },
  { name: "reqwest", args: ["--features", "reqwest"], json: ["doc"] },
  { name: "wasm32", args: FOR_BROWSERS, json: [TARGET, "doc"] },
];

const HELP = `Usage: npm run public-api -- [--write]

Compares the public API of the crate with ${FOLDER}/*.txt and prints what differs:
native.txt lists the whole API; the others list what a feature or target adds (+) or lacks (-).

  --write   updates the snapshots`;

/** The environment that selects the compiler. */
async function compiler() {
  const { env } = await toolchain();
  const found = (await answer("rustc", ["--version"], { env }))?.split(" ")[1];
  if (found?.startsWith(`${RUST}.`)) return env;
  if (!which("rustup"))
    throw new Failure(
      `The public API must be read with Rust ${RUST}, but this is ${found}. Install rustup, which gets it.`,
    );
  const installed = (await answer("rustup", ["toolchain", "list"])) ?? "";
  const args = ["toolchain", "install", RUST, "--profile", "minimal", "--target", TARGET];
  if (!installed.split("\n").some((name) => name.startsWith(`${RUST}-`)))
    await step(`Installing Rust ${RUST} beside ${found} (about 20 s, once)`, () =>
      run("rustup", args, { log: "rustup-toolchain" }),
    );
  return { ...env, RUSTUP_TOOLCHAIN: RUST };
}

/** The items of one build, one a line, sorted. */
async function items({ args, json }, env) {
  const target = join(root, "target", "public-api");
  const command = ["rustdoc", "--lib", "--locked", "--target-dir", target, ...args];
  await run("cargo", [...command, "--", "-Zunstable-options", "--output-format", "json"], {
    log: "rustdoc-json",
    // Only nightly compilers write JSON; RUSTC_BOOTSTRAP lets a stable one do it. All clones share the compiled
    // dependencies.
    env: { ...env, RUSTC_BOOTSTRAP: "1", CARGO_BUILD_BUILD_DIR: join(cache, "cargo") },
  });
  const reader = ["run", "--quiet", "--locked", "--manifest-path", join(root, FOLDER, "Cargo.toml")];
  const where = ["--target-dir", join(cache, "public-api")];
  const file = join(target, ...json, "mcp_authorize.json");
  const { status, output } = await capture("cargo", [...reader, ...where, "--", file], { env });
  if (status !== 0) throw new Failure(`${output.trimEnd()}\n\nThe public API could not be read from ${file}.`);
  return output.trimEnd().split("\n");
}

/** What differs between two lists: the lines that only one of them has. A line that occurs twice counts twice. */
export function difference(before, after) {
  const without = (lines, others) => {
    const left = [...others];
    return lines.filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  return { removed: without(before, after), added: without(after, before) };
}

/** The lines that each file has to have. */
async function snapshots() {
  const env = await compiler();
  /** @type {Record<string, string[]>} */
  const files = {};
  let native;
  for (const build of BUILDS) {
    const lines = await step(`Reading the public API, ${build.name} (up to 60 s)`, () => items(build, env));
    native ??= lines;
    files[build.name] = lines === native ? lines : tell(difference(native, lines), "- ", "+ ");
  }
  return files;
}

const tell = ({ removed, added }, gone, fresh) => [
  ...removed.map((line) => gone + line),
  ...added.map((line) => fresh + line),
];

async function publicApi({ write }) {
  let changes = 0;
  for (const [name, lines] of Object.entries(await snapshots())) {
    const file = join(FOLDER, `${name}.txt`);
    const before = (read(join(root, file)) ?? "").split("\n").filter(Boolean);
    const changed = tell(difference(before, lines), "  gone: ", "  new:  ");
    changes += changed.length;
    if (changed.length > 0) console.log([`\n${file}:`, ...changed].join("\n"));
    if (write) writeFileSync(join(root, file), `${lines.join("\n")}\n`);
  }
  if (write) return console.log(`\n${changes} lines changed in ${FOLDER}.`);
  if (changes > 0)
    throw new Failure(
      "The public API differs from the snapshots. If the change is intended: npm run public-api -- --write",
    );
  console.log("The public API matches the snapshots.");
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: { write: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) return console.log(HELP);
    await publicApi(values);
  });
}
