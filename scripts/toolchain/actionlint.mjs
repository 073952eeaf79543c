// actionlint checks GitHub's workflows. The version is fixed, because each version knows other runners and actions. One on
// the PATH is used if it has that version; otherwise Go compiles it once into the cache.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure, answer, cache, isProgram, run, step, which } from "../run.mjs";

const VERSION = "1.7.12";
const MODULE = "github.com/rhysd/actionlint/cmd/actionlint";

/** The path of the program. */
export async function actionlint() {
  const onPath = which("actionlint");
  if (onPath && (await hasVersion(onPath))) return onPath;

  const folder = join(cache, `actionlint-${VERSION}`);
  const program = join(folder, "actionlint");
  if (isProgram(program)) return program;

  if (!which("go")) {
    throw new Failure(
      `actionlint ${VERSION}, which checks the workflows, is missing. Put it on the PATH, or install Go from https://go.dev to compile it.`,
    );
  }
  await step(`Compiling actionlint ${VERSION} (about 60 s, once)`, async () => {
    mkdirSync(folder, { recursive: true });
    // The user's own settings for vendoring and workspaces don't apply.
    const env = { GOBIN: folder, GOFLAGS: "-mod=mod", GOWORK: "off" };
    await run("go", ["install", `${MODULE}@v${VERSION}`], { log: "actionlint", cwd: folder, env });
    if (!(await hasVersion(program))) {
      rmSync(folder, { recursive: true, force: true });
      throw new Failure(`actionlint ${VERSION} was compiled but does not start.`);
    }
  });
  return program;
}

async function hasVersion(program) {
  return (await answer(program, ["-version"]))?.split(/\s/)[0].replace(/^v/, "") === VERSION;
}
