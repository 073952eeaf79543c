// `npm run interop`: the whole journey in Chromium against servers that people run. Each is installed once, into
// the cache. The last line says how many steps passed and failed.

import { once } from "node:events";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.mjs";
import { Failure, isMain, main } from "../../scripts/run.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { allowButton, launchBrowser, ready } from "../e2e/browser.mjs";
import { compareReports } from "./reports.mjs";
import { SERVERS, start } from "./servers.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { PATIENCE } from "../patience.mjs";

const STEPS = ["sign in", "call", "refresh", "step up", "restore", "sign out"];
const HELP = `Usage: npm run interop -- [--only SERVER] [--diagnose] [--no-build]

Signs in at servers that people run, each installed once, and calls them.

  --only SERVER   only this one: ${SERVERS.map(({ name }) => name).join(", ")}
  --no-build      uses the package as it was built last
  --diagnose      instead of that, compares the diagnosis of each server, with its default settings, with the reviewed
                  one in tests/interop/snapshots; UPDATE_SNAPSHOTS=1 writes these again`;

async function interop({ only, diagnose, "no-build": asBuilt }) {
  const servers = SERVERS.filter(({ name }) => only === undefined || name === only);
  if (servers.length === 0) throw new Failure(`There is no server "${only}".`);
  if (!asBuilt) await build();
  if (diagnose) return await compareReports(servers);
  const browser = await launchBrowser();
  const table = [];
  try {
    for (const server of servers) table.push({ server, results: await tryServer(browser, server) });
  } finally {
    await browser.close();
  }
  print(table);
}

async function tryServer(browser, server) {
  const results = {};
  const context = await browser.newContext();
  let running, page;
  try {
    running = await start(server);
    page = await startPage(running.mcpUrl);
    const tab = await context.newPage();
    tab.setDefaultTimeout(PATIENCE);
    await tab.goto(page.url);
    await ready(tab);
    await tab.evaluate(() => app.start());
    for (const step of STEPS) {
      const lack = server.lacks[step];
      results[step] = lack
        ? `– ${lack}`
        : await journey[step](tab, server).then(
            () => "ok",
            (error) => `FAILED ${error.message}`,
          );
      console.log(`${server.name}: ${step}: ${results[step]}`);
    }
  } catch (error) {
    results["sign in"] = `FAILED ${error.message}`;
    console.log(`${server.name}: ${error.message}`);
  } finally {
    await context.close();
    await page?.close();
    await running?.close();
  }
  return results;
}

/** The page of the session tests, for a server. */
async function startPage(mcpUrl) {
  const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
  const server = createServer(
    staticServer({
      folders: { "/": folder("../sessions/page/"), "/pkg/": folder("../../pkg/") },
      made: { "/config.json": JSON.stringify({ mcpUrl }) },
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function expect(actual, expected, what) {
  if (actual !== expected)
    throw new Error(`${what}: ${JSON.stringify(actual)} in place of ${JSON.stringify(expected)}`);
}

const journey = {
  /** Discovery, identity, the popup with the server's own forms, the exchange. */
  async "sign in"(tab, { user }) {
    const opening = tab.waitForEvent("popup");
    await tab.locator("#sign-in").click();
    const popup = await opening;
    await user?.(popup);
    const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
    if (error) throw new Error(`${error.code}: ${error.message}`);
  },

  async call(tab) {
    expect(await tab.evaluate(() => app.call()), "ok", "the call");
  },

  async refresh(tab) {
    expect(await tab.evaluate(() => app.session.canRefresh), true, "canRefresh");
    const changed = await tab.evaluate(async () => {
      const before = await app.session.accessToken();
      await app.session.refresh();
      return before !== (await app.session.accessToken());
    });
    expect(changed, true, "a new token");
    expect(await tab.evaluate(() => app.call()), "ok", "the call after it");
  },

  /** A tool that wants another scope: the error, the popup once more, the same session. */
  async "step up"(tab, { stepUp }) {
    const write = (tool) =>
      app.outcome(
        app.session
          .fetch(app.mcpUrl, {
            method: "POST",
            headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
            body: JSON.stringify({
              jsonrpc: "2.0",
              id: 1,
              method: "tools/call",
              params: { name: tool, arguments: { note: "x" } },
            }),
          })
          .then(({ status }) => status),
      );
    expect((await tab.evaluate(write, stepUp)).error?.code, "insufficient_scope", "without the scope");
    await tab.evaluate(() => {
      document.getElementById("sign-in").onclick = () => void (app.steppingUp = app.outcome(app.session.stepUp()));
    });
    const opening = tab.waitForEvent("popup");
    await tab.locator("#sign-in").click();
    await allowButton(await opening).click();
    const { error } = await tab.evaluate(() => app.steppingUp);
    if (error) throw new Error(`${error.code}: ${error.message}`);
    expect((await tab.evaluate(write, stepUp)).value, 200, "with the scope");
  },

  /** Without the user, after a reload. */
  async restore(tab) {
    await tab.reload();
    await ready(tab);
    await tab.evaluate(() => app.start());
    expect(await tab.evaluate(() => app.session !== null), true, "a session");
    expect(await tab.evaluate(() => app.call()), "ok", "the call");
  },

  async "sign out"(tab, { revokes }) {
    expect(await tab.evaluate(() => app.session.signOut()), revokes, "a confirmed revocation");
    expect(await tab.evaluate(() => app.call()), "signed_out", "the call after it");
    expect(await tab.evaluate(async () => await app.authorizer.restore(app.mcpUrl)), null, "what is stored");
  },
};

function print(table) {
  const short = (result = "FAILED") => (result === "ok" ? "ok" : result.startsWith("–") ? "–" : "FAILED");
  const row = (cells) => `| ${cells.join(" | ")} |`;
  console.log(["", row(["server", ...STEPS]), row(["---", ...STEPS.map(() => "---")])].join("\n"));
  for (const { server, results } of table)
    console.log(row([server.name, ...STEPS.map((step) => short(results[step]))]));
  const all = table.flatMap(({ results }) => STEPS.map((step) => short(results[step])));
  const failed = all.filter((result) => result === "FAILED").length;
  console.log(`\ninterop: ${all.filter((result) => result === "ok").length} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        "no-build": { type: "boolean" },
        diagnose: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await interop(values);
  });
}
