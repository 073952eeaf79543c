// npm projects in the cache, for packages that are too big for the root's package.json or conflict with it.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint, read, run, step } from "./run.mjs";

/**
 * Installs the packages that a folder's package.json names, if they are not there already.
 *
 * @param {string} folder
 * @param {string} name what the user reads
 */
export async function install(folder, name) {
  const modules = join(folder, "node_modules");
  const stamp = join(modules, ".installed");
  // This package itself does not come from the registry.
  const file = join(folder, "package.json");
  const { dependencies: { "mcp-authorize": _, ...dependencies } = {}, ...rest } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  const manifest = JSON.stringify({ ...rest, dependencies });
  writeFileSync(file, manifest);
  const wanted = fingerprint(manifest);
  if (read(stamp) === wanted) return;
  rmSync(modules, { recursive: true, force: true });
  await step(`Installing what ${name} needs (up to 60 s, once)`, () =>
    run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], {
      log: `npm-${name.replaceAll(" ", "-")}`,
      cwd: folder,
    }),
  );
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, wanted);
}
