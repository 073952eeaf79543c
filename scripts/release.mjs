// `npm run release`: checks everything that a release needs, and creates the tag. It does not publish. When the tag is pushed,
// .github/workflows/release.yml publishes, so everything on npm and crates.io comes from a public commit.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Failure, answer, capture, isMain, main, read, root } from "./run.mjs";
import { FOLDER, crate, tarball } from "./release/artifacts.mjs";
import { UNRELEASED, heading, notes, sections } from "./release/changelog.mjs";
import * as checks from "./release/checks.mjs";
import { tagOf } from "./release/version.mjs";
import { number } from "./sizes.mjs";

const HELP = `Usage: npm run release -- [--dry-run | --check] [--no-tests]

Checks that the version in package.json can be released, lists what would be published, and tags the commit.
It does not publish: the workflow does, when the tag is pushed.

  --dry-run    creates no tag; entries under "## ${UNRELEASED}" count as the section of the version
  --check      for the workflow: creates no tag, but checks that this commit has it
  --no-tests   does not run npm test`;

/** @param {{ dry: boolean, tagged: boolean, tests: boolean }} options */
async function release({ dry, tagged, tests }) {
  const manifest = checks.manifest();
  const { version } = manifest;
  const tag = tagOf(version);
  const today = new Date().toISOString().slice(0, 10);

  /** @type {[string, () => string | null | Promise<string | null>][]} */
  const cheap = [
    [`${version} in package.json, Cargo.toml and both locks`, () => checks.versions(manifest)],
    ["a version newer than every tag", () => checks.newer(manifest, { tagged })],
    ["the changelog", () => checks.changelog(manifest, { dry, today })],
    ["the documents expect a release", () => checks.firstRelease({ dry })],
    ["the work tree is clean", checks.clean],
    tagged
      ? [`the tag ${tag}, on ${checks.BRANCH}`, () => checks.tagHere(manifest)]
      : [`on ${checks.BRANCH}`, checks.onBranch],
    ["the repository's address", () => checks.repository(manifest)],
  ];
  let faults = 0;
  for (const [name, work] of cheap) if (!(await check(name, work)).ok) faults += 1;
  if (faults > 0) throw new Failure(`${faults} of ${cheap.length} checks failed; nothing was packed or tested.`);

  const packed = await check("the tarball for npm", () => tarball(manifest));
  const crated = await check("the crate", () => crate(manifest));
  // Last, because it takes the longest.
  const tested = tests ? await check("npm test", runTests) : { ok: true };
  if (![packed, crated, tested].every(({ ok }) => ok)) throw new Failure(`${version} can't be released.`);

  if (!tests) console.log("npm test was not run.");
  print("npm", packed.result);
  print("crates.io", crated.result);
  const all = sections(read(join(root, "CHANGELOG.md")));
  const section = all.find(({ name }) => name === version) ?? all.find(({ name }) => name === UNRELEASED);
  writeFileSync(join(FOLDER, "notes.md"), notes(section, manifest.repository, tag));
  console.log(`\nout/release contains the tarball and the release notes.`);

  if (tagged) return;
  if (dry) {
    if (section.name === UNRELEASED)
      console.log(`Before the release, rename "## ${UNRELEASED}" in CHANGELOG.md to "${heading(version, today)}".`);
    return console.log(`No tag was created: without --dry-run it would be ${tag}.`);
  }
  if ((await answer("git", ["tag", "-a", tag, "-m", `${manifest.name} ${version}`])) === null)
    throw new Failure(`git could not create the tag ${tag}.`);
  console.log(`Tagged ${tag}. To publish it: git push --atomic origin ${checks.BRANCH} ${tag}`);
}

/** Runs a check and prints the result. The check returns or throws a fault (a string), or returns what it found. */
async function check(name, work) {
  process.stdout.write(`${name}… `);
  let result;
  try {
    result = await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    result = error.message;
  }
  const ok = typeof result !== "string";
  console.log(ok ? "ok" : `FAILED: ${result}`);
  return { ok, result };
}

async function runTests() {
  console.log();
  const { status } = await capture("npm", ["test"], { show: true });
  return status === 0 ? null : `it ended with status ${status}`;
}

/** @param {string} place @param {import("./release/artifacts.mjs").Artifact} artifact */
function print(place, { name, version, size, unpacked, files }) {
  const parts = [`${number(size)} bytes packed`, unpacked && `${number(unpacked)} unpacked`, `${files.length} files`];
  console.log(`\n${place}: ${name} ${version}, ${parts.filter(Boolean).join(", ")}`);
  for (const { path, size } of files) console.log(`${size === undefined ? "" : number(size).padStart(11)}  ${path}`);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        "dry-run": { type: "boolean" },
        check: { type: "boolean" },
        "no-tests": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    const { "dry-run": dry = false, check: tagged = false } = values;
    if (dry && tagged) throw new Failure("--dry-run and --check exclude each other.");
    await release({ dry, tagged, tests: !values["no-tests"] });
  });
}
