// Builds and checks what would be published: the tarball for npm, and the crate.

import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure, answer, capture, root } from "../run.mjs";

/** The folder for the tarball and the release notes. */
export const FOLDER = join(root, "out", "release");

/**
 * @typedef {{ name: string, version: string, size: number, unpacked?: number, files: { path: string, size?: number }[] }} Artifact
 */

async function succeed(command, args) {
  const { status, output } = await capture(command, args);
  if (status === 0) return;
  const end = output.trimEnd().split("\n").slice(-20).join("\n");
  throw new Failure(`${end}\n${[command, ...args].join(" ")} ended with status ${status}`);
}

/**
 * The tarball. It has to contain every file that package.json refers to.
 *
 * @returns {Promise<Artifact>}
 */
export async function tarball({ files: named }) {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  // Separately, because npm pack would mix its output with the JSON.
  await succeed("npm", ["run", "prepack", "--if-present"]);
  const args = ["pack", "--json", "--ignore-scripts", "--loglevel", "error", "--pack-destination", FOLDER];
  const { status, output } = await capture("npm", args, { stderr: "inherit" });
  if (status !== 0) throw new Failure(`npm pack ended with status ${status}`);
  // Depending on its version, npm prints a list of one package, or an object with the package's name as key.
  const [{ name, version, size, unpackedSize, files }] = /** @type {any[]} */ (Object.values(JSON.parse(output)));
  const paths = new Set(files.map(({ path }) => path));
  const missing = named.filter((path) => !paths.has(path));
  if (missing.length > 0)
    throw new Failure(`package.json refers to files that are not in the tarball: ${missing.join(", ")}`);
  return { name, version, size, unpacked: unpackedSize, files };
}

/**
 * The crate, compiled from its package and checked against the registry, without an upload.
 *
 * @returns {Promise<Artifact>}
 */
export async function crate({ name, version }) {
  const target = join(root, "target");
  const args = ["--locked", "--target-dir", target];
  await succeed("cargo", ["publish", "--dry-run", ...args]);
  // cargo keeps the package that it compiled in a folder that may change; this writes it to a documented place.
  await succeed("cargo", ["package", "--no-verify", ...args]);
  const list = await answer("cargo", ["package", "--list", "--locked"]);
  if (!list) throw new Failure("cargo package --list failed");
  const { size } = statSync(join(target, "package", `${name}-${version}.crate`));
  return { name, version, size, files: list.split("\n").map((path) => ({ path })) };
}
