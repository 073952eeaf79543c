// The tarball that `npm publish` would send.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Packs the built package.
 *
 * @param {string} folder the folder for the tarball
 * @returns {{ tarball: string, files: string[] }} its path, and the paths in it
 */
export function pack(folder) {
  // Without the build script, because npm would print its output into the JSON.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const printed = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  // Depending on npm's version, the result is a list or an object by name. It has one entry.
  const [packed] = Object.values(JSON.parse(printed));
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}
