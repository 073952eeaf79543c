// A consumer's project, as its user has it: their files, their packages, and the packed tarball among these. It lies
// in the cache, so that packages are installed once.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cache, fingerprint, read, run, step } from "../../scripts/run.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Makes the project, with nothing in it of an earlier run but the packages.
 *
 * @param {import("./consumers.mjs").Consumer} consumer
 * @param {string} tarball
 * @returns {Promise<string>} its folder
 */
export async function project({ project, shared = [], entry, without = [] }, tarball) {
  const folder = join(cache, "consumers", basename(project));
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) {
    if (file !== "node_modules") rmSync(join(folder, file), { recursive: true });
  }
  const own = join(here, project);
  for (const part of [...shared.map((name) => join(here, name)).reverse(), own]) cpSync(part, folder, { recursive: true });
  for (const file of without) rmSync(join(folder, file));
  if (entry) importFrom(entry, folder);

  await install(folder, basename(project));
  unpack(tarball, join(folder, "node_modules", "mcp-authorize"));
  // Vite keeps what it made of the packages, by their versions, and this one's version stays the same.
  rmSync(join(folder, "node_modules", ".vite"), { recursive: true, force: true });
  return folder;
}

function importFrom(entry, folder) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll('from "mcp-authorize"', `from "${entry}"`));
  }
}

/** The packages that its package.json names, if they are not there already. */
async function install(folder, name) {
  const modules = join(folder, "node_modules");
  const stamp = join(modules, ".consumer");
  // This package does not come from the registry.
  const file = join(folder, "package.json");
  const { dependencies: { "mcp-authorize": _, ...dependencies } = {}, ...rest } = JSON.parse(readFileSync(file, "utf8"));
  const manifest = JSON.stringify({ ...rest, dependencies });
  writeFileSync(file, manifest);
  const wanted = fingerprint(manifest);
  if (read(stamp) === wanted) return;
  rmSync(modules, { recursive: true, force: true });
  await step(`Installing what ${name} needs (up to 60 s, once)`, () =>
    run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], { log: `npm-${name}`, cwd: folder }),
  );
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** As `npm install` does with a package that depends on no other, and quicker. */
function unpack(tarball, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["xzf", tarball, "--strip-components=1", "-C", folder]);
}
