// Runs the examples of docs/frameworks.md and the guide's list unchanged, against the demo's servers.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { root } from "../../scripts/run.mjs";
import { read } from "../docs/markdown.mjs";
import { agree, ANY_SERVER, launchBrowser, openPage, popupOf, startWorld } from "./world.mjs";

const OUT = join(root, "out", "docs-components");
const PAGE = "../../tests/components/page";
const { blocks } = read("docs/frameworks.md");
/** Code that mounts a framework's two components, each in its part of the page. */
const MOUNTS = {
  React: `import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { Account } from "./Account.jsx";
import { Servers } from "./Servers.jsx";
for (const component of [Account, Servers])
  createRoot(document.getElementById(component.name)).render(createElement(component));`,
  Vue: `import { createApp } from "vue";
import Account from "./Account.vue";
import Servers from "./Servers.vue";
createApp(Account).mount("#Account");
createApp(Servers).mount("#Servers");`,
  Svelte: `import { mount } from "svelte";
import Account from "./Account.svelte";
import Servers from "./Servers.svelte";
mount(Account, { target: document.getElementById("Account") });
mount(Servers, { target: document.getElementById("Servers") });`,
};
const EXTENSIONS = { React: "jsx", Vue: "vue", Svelte: "svelte" };

/** The code blocks under a heading, in one language. */
const code = (heading, language, all = blocks) =>
  all.filter((block) => block.heading === heading && block.language === language).map(({ code }) => code);

/** Writes code with the test's server in place of the documentation's. */
const write = (file, text) =>
  writeFileSync(join(OUT, file), text.replaceAll(JSON.stringify(ANY_SERVER), "globalThis.mcpUrl"));

/** A script that imports `file` once the test's server is known. */
const afterConfig = (file, more = "") =>
  `import { mcpUrl } from "${PAGE}/config.js";\nglobalThis.mcpUrl = mcpUrl;\n${more}await import("./${file}");`;

let browser;
let world;

before(async () => {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const [authorizer] = code("React, Vue, Svelte, plain HTML", "js");
  write("authorizer.js", authorizer);
  const scripts = {};
  const add = (name, body) => (scripts[`/${name}.js`] = { file: `../../out/docs-components/${name}.js`, body });
  for (const [framework, mount] of Object.entries(MOUNTS)) {
    const extension = EXTENSIONS[framework];
    const [account, servers, ...others] = code(framework, extension);
    assert.deepEqual(others, []);
    write(`Account.${extension}`, account);
    write(`Servers.${extension}`, servers);
    write(`mount-${framework}.js`, mount);
    write(`${framework}.js`, afterConfig(`mount-${framework}.js`));
    add(framework, '<div id="Account"></div><div id="Servers"></div>');
  }

  write("list.js", code("Other frameworks", "js")[0]);
  write("Other.js", afterConfig("list.js"));
  add("Other", "<ul></ul>");

  const guide = code("9. Several servers, several accounts", "js", read("docs/guide.md").blocks);
  write(
    "guide-list.js",
    guide.find((block) => block.includes("watchMcpServers")),
  );
  const globals = `import { authorizer } from "./authorizer.js";
Object.assign(globalThis, {
  authorizer: await authorizer(),
  url: mcpUrl,
  button: document.querySelector("button"),
  show: (...texts) => (document.querySelector("p").textContent = texts.join()),
});\n`;
  write("Guide.js", afterConfig("guide-list.js", globals));
  add("Guide", "<button>Add</button><p></p>");

  write("Element.js", code("Plain HTML", "html")[0].match(/import "mcp-authorize\/element";/)[0]);
  const elements = code("Plain HTML", "html").map((html) => html.replace(/<script[^]*<\/script>/, ""));
  add("Element", elements.join("\n"));

  world = await startWorld(scripts);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await world?.close();
});

const button = (parent, name) => parent.getByRole("button", { name, exact: true });
const says = (parent, text) => parent.getByRole("status").filter({ hasText: text }).waitFor();

for (const framework of Object.keys(MOUNTS)) {
  suite(framework, () => {
    test("the component for one session signs in, cancels and signs out", async (t) => {
      const { page, problems } = await openPage(t, browser, `${world.url}${framework}.html`);
      const account = page.locator("#Account");
      await world.cutOff(t);
      await popupOf(page, button(account, "Sign in"));
      await says(account, "Did you close the window? Sign in again.");
      await button(account, "Cancel").click();
      await button(account, "Cancel").waitFor({ state: "detached" });
      await agree(await popupOf(page, button(account, "Sign in")));
      await button(account, `Sign out of ${world.mcpUrl}`).click();
      await button(account, "Sign in").waitFor();
      assert.deepEqual(problems, []);
    });

    test("the list adds a server and signs in with one click, and survives a reload", async (t) => {
      const { page, problems } = await openPage(t, browser, `${world.url}${framework}.html`);
      const list = page.locator("#Servers");
      const row = list.getByRole("region", { name: world.mcpUrl });
      await list.getByLabel("URL").fill(world.mcpUrl);
      await agree(await popupOf(page, button(list, "Connect")));
      await says(row, "signed-in");
      await page.reload();
      await says(row, "signed-in");
      await button(row, "Sign out").click();
      await says(row, "signed-out");
      await page.reload();
      await says(row, "signed-out");
      await button(row, "Remove").click();
      await row.waitFor({ state: "detached" });
      await page.reload();
      await list.getByLabel("URL").waitFor();
      await button(page.locator("#Account"), "Sign in").waitFor();
      assert.equal(await row.count(), 0);
      assert.deepEqual(problems, []);
    });
  });
}

test("the list without a framework signs in and out", async (t) => {
  const { page, problems } = await openPage(t, browser, `${world.url}Other.html`);
  const row = page.getByRole("listitem").filter({ hasText: world.mcpUrl });
  await agree(await popupOf(page, button(row, "Sign in")));
  await button(row, "Sign out").click();
  await button(row, "Sign in").waitFor();
  assert.deepEqual(problems, []);
});

test("the guide's list adds a server and signs in", async (t) => {
  const { page, problems } = await openPage(t, browser, `${world.url}Guide.html`);
  await page.waitForFunction(() => document.querySelector("button").onclick);
  await agree(await popupOf(page, button(page, "Add")));
  await page.getByText(`${world.mcpUrl} work: signed-in`).waitFor();
  assert.deepEqual(problems, []);
});

test("the element signs in, and shows the texts of its slots", async (t) => {
  const { page, problems } = await openPage(t, browser, `${world.url}Element.html`);
  await button(page, "Sign in").waitFor();
  const [popup] = await Promise.all([page.waitForEvent("popup"), button(page, "Anmelden").click()]);
  await page.getByText("Weiter geht es im neuen Fenster.").waitFor();
  await agree(popup);
  await page.locator('mcp-sign-in[status="signed-in"]').nth(1).waitFor();
  assert.equal(await page.locator('mcp-sign-in[status="signed-in"]').count(), 2);
  assert.deepEqual(problems, []);
});
