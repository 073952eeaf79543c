// The tarball that `npm publish` would send.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Packs what was built.
 *
 * @param {string} folder where the tarball goes
 * @returns {{ tarball: string, files: string[] }} its path, and the paths in it
 */
export function pack(folder) {
  // The build that runs before a publication is not run: npm would print what it says into the JSON.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const printed = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  // One package: a list of one, or an object by name, as the version of npm has it.
  const [packed] = Object.values(JSON.parse(printed));
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}
