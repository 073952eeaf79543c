// What a server needs from a registry, installed once, into the cache. The manifest in its folder says what that is.

import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cache, fingerprint, run, step, which } from "../../scripts/run.mjs";
import { Unavailable } from "./unavailable.mjs";

/**
 * By manifest: the programs it takes, and how it installs what is in the folder. `copied`: the server's own script has
 * to be beside that, because it imports it.
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
  // A program with the folder's name, built from the main.go there, or from the package that go.mod names as tool. The go
  // command writes all the versions into go.mod, so it works in a copy.
  "go.mod": {
    programs: ["go"],
    async install(folder, log, manifest, source) {
      cpSync(source, folder, { recursive: true });
      const what = existsSync(join(source, "main.go")) ? "." : "tool";
      // The tag is Ory Hydra's, for its database in memory.
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
