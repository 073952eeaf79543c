// Packages that only some tests need, in a folder of their own with a lock file.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { run, step } from "./run.mjs";

/** Installs what the folder's lock file has, unless it is installed. Throws a `Failure` if npm can't. */
export async function packages(folder, title) {
  const installed = join(folder, "node_modules", ".package-lock.json"); // npm writes it last
  const current =
    existsSync(installed) && statSync(installed).mtime > statSync(join(folder, "package-lock.json")).mtime;
  if (current) return;
  const log = `npm-${folder.split(/[\\/]/).slice(-2).join("-")}`;
  await step(title, () => run("npm", ["ci"], { log, cwd: folder }));
}
