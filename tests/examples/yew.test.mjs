// examples/yew: the crate in a Yew page, in Chromium, against the demo's servers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { consent, logIn, popupOf } from "../e2e/browser.mjs";
import { openExample } from "./page.mjs";
import { page as compiled } from "./programs.mjs";

async function files() {
  const built = await compiled("yew");
  const example = join(root, "examples", "yew");
  const made = { "/callback.js": readFileSync(join(root, "pkg", "callback.js"), "utf8") };
  for (const file of ["index.html", "callback.html", "start.js"])
    made[`/${file}`] = readFileSync(join(example, file), "utf8");
  return { folders: { "/": built }, made };
}

test("a page in Yew signs in by popup, and lists the tools", async (t) => {
  const { mcpUrl, page, problems } = await openExample(t, files);
  await page.getByLabel("MCP server").fill("no URL");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("status").filter({ hasText: "Give a complete URL" }).waitFor();

  await page.getByLabel("MCP server").fill(mcpUrl);
  const popup = await popupOf(page);
  await logIn(popup);
  await consent(popup);
  await page
    .getByRole("status")
    .filter({ hasText: /^Signed in: .*"whoami".*"write_note"/s })
    .waitFor();
  assert.deepEqual(problems, []);
});
