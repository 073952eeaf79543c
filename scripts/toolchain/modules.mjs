// node_modules: installed when it is missing or older than package-lock.json.

import { existsSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { Failure, root, run, step, which } from "../run.mjs";

const lock = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json"); // npm writes it last

export async function modules() {
  if (existsSync(installed) && !(modified(installed) < modified(lock))) return;
  if (!which("npm")) throw new Failure("npm is missing: install Node.js 20 or newer from https://nodejs.org");
  const command = existsSync(lock) ? "ci" : "install";
  await step(`Installing the npm packages (npm ${command}, about 20 s)`, () =>
    run("npm", [command, "--no-audit", "--no-fund"], { log: "npm" }),
  );
  utimesSync(installed, new Date(), new Date()); // npm install may write the lock after it
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}
