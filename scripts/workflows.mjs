// `npm run lint:workflows`: checks GitHub's workflows with actionlint: the syntax, the types of expressions, and the inputs
// of well-known actions.

import { parseArgs } from "node:util";
import { Failure, capture, isMain, main } from "./run.mjs";
import { actionlint } from "./toolchain/actionlint.mjs";

const HELP = `Usage: npm run lint:workflows

Checks .github/workflows with actionlint.`;

async function workflows() {
  // Without shellcheck and pyflakes: it would use them only on machines that have them, and results would differ.
  const { status, output } = await capture(await actionlint(), ["-no-color", "-shellcheck=", "-pyflakes="]);
  if (status !== 0) throw new Failure(`${output.trimEnd()}\n\nactionlint ended with status ${status}`);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { help: { type: "boolean", short: "h" } } });
    if (values.help) return console.log(HELP);
    await workflows();
    console.log("actionlint finds no mistakes in the workflows.");
  });
}
