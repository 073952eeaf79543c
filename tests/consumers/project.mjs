// A consumer's project: its files, its packages, and the packed tarball. It is in the cache folder, so that packages
// are installed only once.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../../scripts/projects.mjs";
import { cache, fingerprint, root } from "../../scripts/run.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Creates the project. Of an earlier run, only the packages are kept.
 *
 * @param {import("./consumers.mjs").Consumer} consumer
 * @param {string} tarball
 * @returns {Promise<string>} its folder
 */
export async function project({ project, shared = [], entry, without = [] }, tarball) {
  // Each clone has its own folder, because two clones may be tested at the same time.
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
  // Vite caches prebundled packages by version, and this package's version does not change.
  rmSync(join(folder, "node_modules", ".vite"), { recursive: true, force: true });
  return folder;
}

function importFrom(entry, folder) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll('from "mcp-authorize"', `from "${entry}"`));
  }
}

/** Same result as `npm install` for a package without dependencies, but faster. */
function unpack(tarball, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["xzf", tarball, "--strip-components=1", "-C", folder]);
}
