// Installs what a server needs from a registry, once, into the cache. The manifest in the server's folder names it.

import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cache, fingerprint, run, step, which } from "../../scripts/run.mjs";
import { Unavailable } from "./unavailable.mjs";

/**
 * By manifest: the programs that it needs, and how to install. `copied`: the server's script is copied to the installed files,
 * because it imports them.
 */
const MANIFESTS = {
  "package.json": {
    copied: true,
    programs: ["npm"],
    install: (folder, log) =>
      run("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"], { log, cwd: folder }),
  },
  "requirements.txt": {
    copied: true,
    programs: ["python3"],
    async install(folder, log) {
      await run("python3", ["-m", "venv", "venv"], { log, cwd: folder });
      const pip = join(folder, "venv", "bin", "pip");
      await run(pip, ["install", "--quiet", "-r", "requirements.txt"], { log, cwd: folder });
    },
  },
  // Lines of group:artifact:version:type. Each archive of Maven Central is unpacked into the folder.
  "maven.txt": {
    programs: ["mvn", "java"],
    async install(folder, log, manifest) {
      for (const artifact of manifest.split("\n").filter(Boolean)) {
        const where = [`-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
        await run("mvn", ["--batch-mode", "dependency:unpack", ...where], { log, cwd: folder });
      }
    },
  },
  // A program with the folder's name, built from its main.go, or from the package that go.mod names as a tool. It is built in a
  // copy, because the go command writes versions into go.mod.
  "go.mod": {
    programs: ["go"],
    async install(folder, log, manifest, source) {
      cpSync(source, folder, { recursive: true });
      const what = existsSync(join(source, "main.go")) ? "." : "tool";
      // Ory Hydra needs the tag for its database in memory.
      await run("go", ["build", "-mod=mod", "-tags=sqlite", `-o=${basename(source)}`, what], { log, cwd: folder });
    },
  },
};

/**
 * @param {string} name the server's
 * @param {string} source its folder
 * @returns {Promise<{ folder: string, installed?: string }>} where its script is, and what was installed for it
 */
export async function install(name, source) {
  const file = Object.keys(MANIFESTS).find((file) => existsSync(join(source, file)));
  if (!file) return { folder: source };
  const { copied = false, programs, install } = MANIFESTS[file];
  const missing = programs.find((program) => !which(program));
  if (missing) throw new Unavailable(`needs ${missing}, which is not installed`);
  const manifest = readFileSync(join(source, file), "utf8");
  const program = join(source, "main.go");
  const contents = existsSync(program) ? [manifest, readFileSync(program)] : [manifest];
  const installed = join(cache, "interop", `${name}-${fingerprint(...contents)}`);
  const isThere = join(installed, "installed");
  mkdirSync(installed, { recursive: true });
  if (copied) cpSync(source, installed, { recursive: true });
  if (!existsSync(isThere)) {
    await step(`Installing ${name} (once)`, async () => {
      try {
        await install(installed, `interop-${name}`, manifest, source);
      } catch (error) {
        throw new Unavailable(`${programs[0]} could not install it`, error.message);
      }
      mkdirSync(isThere);
    });
  }
  return { folder: copied ? installed : source, installed };
}
