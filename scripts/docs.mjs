// `npm run docs`: a reference of the published types, by TypeDoc, in out/docs. Broken links and
// undocumented exports are errors.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cache, isMain, main, root, run, step } from "./run.mjs";
import { install } from "./projects.mjs";

const ENTRIES = [
  ...["index", "inline", "callback", "oauth-provider", "elicitation", "enterprise", "steps", "steps-inline"],
  ...["watch", "react", "vue", "svelte", "element"],
];

const HELP = `Usage: npm run docs

Makes a reference of the package's types in out/docs.`;

export async function docs() {
  const tools = join(cache, "reference");
  mkdirSync(tools, { recursive: true });
  copyFileSync(join(root, "docs", "reference", "package.json"), join(tools, "package.json"));
  await install(tools, "the reference");
  const args = [
    join(tools, "node_modules", "typedoc", "bin", "typedoc"),
    ...ENTRIES.flatMap((entry) => ["--entryPoints", join(root, "pkg", `${entry}.d.ts`)]),
    ...["--tsconfig", join(root, "docs", "reference", "tsconfig.json")],
    ...["--options", join(root, "docs", "reference", "typedoc.json")],
    ...["--out", join(root, "out", "docs")],
  ];
  await step("Making the reference", () => run(process.execPath, args, { log: "typedoc" }));
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { help: { type: "boolean", short: "h" } } });
    if (values.help) return console.log(HELP);
    await docs();
    console.log("The reference: out/docs/index.html");
  });
}
