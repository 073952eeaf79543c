// A consumer's project, as its user has it: their files, their packages, and the packed tarball among these. It lies
// in the cache, so that packages are installed once.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../../scripts/projects.mjs";
import { cache, fingerprint, root } from "../../scripts/run.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Makes the project, with nothing in it of an earlier run but the packages.
 *
 * @param {import("./consumers.mjs").Consumer} consumer
 * @param {string} tarball
 * @returns {Promise<string>} its folder
 */
export async function project({ project, shared = [], entry, without = [] }, tarball) {
  // Each clone has its own: two of them may be tested at the same time.
  const folder = join(cache, "consumers", fingerprint(root), basename(project));
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) {
    if (file !== "node_modules") rmSync(join(folder, file), { recursive: true });
  }
  const own = join(here, project);
  for (const part of [...shared.map((name) => join(here, name)).reverse(), own])
    cpSync(part, folder, { recursive: true });
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

/** As `npm install` does with a package that depends on no other, and quicker. */
function unpack(tarball, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["xzf", tarball, "--strip-components=1", "-C", folder]);
}
