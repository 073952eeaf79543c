// The diagnosis of a server, as the demo page shows it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { reportOn, snapshotOf } from "../interop/reports.mjs";
import { SERVERS } from "../interop/servers.mjs";
import { LOOKS, lookAt } from "./appearance.mjs";
import { launchBrowser, openPage, startDemo } from "./browser.mjs";
import { startMock } from "./mock-server.mjs";

let browser, demo;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

async function diagnose(page, server) {
  await page.getByLabel("MCP server URL").fill(server);
  await page.getByRole("button", { name: "Diagnose" }).click();
  const heading = page.getByRole("heading", { name: /^Diagnosis: / });
  await heading.waitFor();
  return heading;
}

test("the demo's own server has no problems, and the focus moves to the result", async (t) => {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await openPage(context, demo);
  const heading = await diagnose(page, demo.mcpUrl);
  assert.equal(await heading.innerText(), "Diagnosis: all is well");
  assert.ok(await heading.evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Copy as Markdown");
});

test("the report is copied as Markdown, and a server's text is not parsed as HTML", async (t) => {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const server = await startMock({
    "/.well-known/oauth-protected-resource/mcp": (url, origin, { body }) => ({
      body: { ...body, resource: "<img src=x>" },
    }),
  });
  t.after(async () => {
    await context.close();
    await server.close();
  });
  const page = await openPage(context, demo);
  await diagnose(page, server.mcpUrl);
  // The mock accepts any code, which is a failure, too.
  const failure = page.locator('#diagnosis [data-status="failure"]').first();
  assert.match(await failure.innerText(), new RegExp(`Failure: .*[^]*"resource": "${server.mcpUrl}"`));
  assert.equal(await page.locator("#diagnosis img").count(), 0);
  await page.getByRole("button", { name: "Copy as Markdown" }).click();
  await page.getByText("The report was copied.").waitFor();
  const markdown = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(markdown.includes("❌ failure"), markdown);
  assert.ok(markdown.includes(`\`"resource": "${server.mcpUrl}"\``), markdown);
});

for (const { look, options } of LOOKS) {
  test(`${look}: the report on a faulty server passes all checks`, async (t) => {
    const server = await startMock({
      "/token": (url, origin, good) => ({ ...good, headers: { "Access-Control-Allow-Origin": "null" } }),
    });
    const context = await browser.newContext(options);
    t.after(async () => {
      await context.close();
      await server.close();
    });
    const page = await openPage(context, demo);
    await diagnose(page, server.mcpUrl);
    await lookAt(page, "diagnosis", look);
    for (const summary of await page.locator("#diagnosis summary").all()) await summary.click();
    await lookAt(page, "diagnosis-unfolded", look);
  });
}

test("the command line's report on the demo's own server matches its reviewed snapshot", async () => {
  const own = SERVERS.find(({ name }) => name === "oidc-provider");
  assert.equal(await reportOn(own), await readFile(snapshotOf(own), "utf8"));
});
