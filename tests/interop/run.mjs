// `npm run interop`: signs in with Chromium at servers that people run, calls them, refreshes, steps up, restores and
// signs out. Each server is installed once, into the cache. The last line counts passed and failed steps, and skipped
// servers.

import { once } from "node:events";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.mjs";
import { Failure, isMain, main } from "../../scripts/run.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { allowButton, launchBrowser, ready } from "../e2e/browser.mjs";
import { compareReports } from "./reports.mjs";
import { rowsOf, SERVERS, start } from "./servers.mjs";
import { count, describe, STEPS, sum } from "./table.mjs";
import { Unavailable } from "./unavailable.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { PATIENCE } from "../patience.mjs";

const HELP = `Usage: npm run interop -- [--only SERVER] [--diagnose] [--no-build]

Signs in at servers that people run, each installed once, and calls them. A server that can't run on this machine is
skipped, and the table says why.

  --only SERVER   test only this one: ${SERVERS.map(({ name }) => name).join(", ")}
  --no-build      use the package without rebuilding it
  --diagnose      instead, compare the diagnosis of each server with its default settings with the reviewed
                  one in tests/interop/snapshots; UPDATE_SNAPSHOTS=1 writes these`;

async function interop({ only, diagnose, "no-build": noBuild }) {
  const servers = SERVERS.filter(({ name }) => only === undefined || name === only);
  if (servers.length === 0) throw new Failure(`There is no server "${only}".`);
  if (!noBuild) await build();
  if (diagnose) return await compareReports(servers);
  const browser = await launchBrowser();
  const rows = [];
  try {
    for (const server of servers) rows.push(...(await tryServer(browser, server)));
  } finally {
    await browser.close();
  }
  console.log(describe(rows));
  const counted = count(rows);
  console.log(`\n${sum(counted)}`);
  if (counted.failed > 0) process.exitCode = 1;
}

/** @returns {Promise<import("./table.mjs").Row[]>} one, or one for each way to sign in at the server */
async function tryServer(browser, server) {
  const rows = [];
  const page = await startPage();
  let running;
  try {
    running = await start(server, { pageOrigin: page.origin });
    for (const row of rowsOf(server)) {
      const own = row.way ? running[row.way] : running;
      page.setServer(own.mcpUrl);
      rows.push({ label: row.label, results: await tryRow(browser, row, page.origin, own.options) });
    }
  } catch (error) {
    console.log(`${server.name}: ${error.message}`);
    const skipped = error instanceof Unavailable ? error.reason : undefined;
    const results = { "sign in": `FAILED ${error.message}` };
    rows.push(...rowsOf(server).map(({ label }) => ({ label, skipped, results })));
  } finally {
    await running?.close();
    await page.close();
  }
  return rows;
}

async function tryRow(browser, row, origin, options) {
  const results = {};
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    tab.setDefaultTimeout(PATIENCE);
    await tab.goto(origin);
    await ready(tab);
    await tab.evaluate((options) => app.start(options), options);
    for (const step of STEPS) {
      const lack = row.lacks[step];
      results[step] = lack
        ? `– ${lack}`
        : await journey[step](tab, row, options).then(
            () => "ok",
            (error) => `FAILED ${error.message}`,
          );
      console.log(`${row.label}: ${step}: ${results[step]}`);
    }
  } catch (error) {
    results["sign in"] = `FAILED ${error.message}`;
  } finally {
    await context.close();
  }
  return results;
}

/** The page of the session tests. It starts first, because some servers must know its origin. */
async function startPage() {
  const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
  const made = {};
  const server = createServer(
    staticServer({ folders: { "/": folder("../sessions/page/"), "/pkg/": folder("../../pkg/") }, made }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    setServer: (mcpUrl) => void (made["/config.json"] = JSON.stringify({ mcpUrl })),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The server rotates the refresh token, but the page does not get the new one. The old one must still work. */
async function survivesLostResponse(tab) {
  const isRefresh = (request) => request.postData()?.includes("grant_type=refresh_token");
  let lost = 0;
  const lose = async (route) => {
    if (!isRefresh(route.request())) return await route.continue();
    lost ||= (await route.fetch()).status();
    await route.abort();
  };
  const refresh = () => tab.evaluate(() => app.outcome(app.session.refresh()));
  await tab.route("**", lose);
  const { error } = await refresh();
  await tab.unroute("**", lose);
  expect(lost, 200, "the status of the lost response");
  expect(error?.code, "network", "the refresh without a response");
  expect((await refresh()).error?.code, undefined, "the refresh with the same token");
  expect(await tab.evaluate(() => app.call()), "ok", "the call after it");
}

/** Runs in the page: the optional specifications that the sign-in has used. */
async function used() {
  const steps = app.exchanges.filter(({ status }) => status < 300).map(({ step }) => step);
  const isBound = await app.session.authProvider.token().then(
    () => false,
    ({ code }) => code === "unsupported",
  );
  return [
    steps.includes("registration") && "registration",
    steps.includes("authorization") && "pushed request",
    isBound && "DPoP",
  ].filter(Boolean);
}

function expect(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

const journey = {
  /** Discovery, client identity, the popup with the server's own forms, the code exchange. */
  async "sign in"(tab, { user, uses }) {
    const opening = tab.waitForEvent("popup");
    await tab.locator("#sign-in").click();
    const popup = await opening;
    await user?.(popup);
    const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
    if (error) throw new Error(`${error.code}: ${error.message}`);
    if (uses) expect((await tab.evaluate(used)).join(", "), uses.join(", "), "what the sign-in used");
  },

  async call(tab) {
    expect(await tab.evaluate(() => app.call()), "ok", "the call");
  },

  async refresh(tab, { gracePeriod }) {
    expect(await tab.evaluate(() => app.session.canRefresh), true, "canRefresh");
    const changed = await tab.evaluate(async () => {
      const before = await app.session.accessToken();
      await app.session.refresh();
      return before !== (await app.session.accessToken());
    });
    expect(changed, true, "a new token");
    expect(await tab.evaluate(() => app.call()), "ok", "the call after it");
    if (gracePeriod) await survivesLostResponse(tab);
  },

  /** Calls a tool that needs another scope, and grants it in a second popup. */
  async "step up"(tab, { stepUp, userAgrees = (popup) => allowButton(popup).click() }) {
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
    await userAgrees(await opening);
    const { error } = await tab.evaluate(() => app.steppingUp);
    if (error) throw new Error(`${error.code}: ${error.message}`);
    expect((await tab.evaluate(write, stepUp)).value, 200, "with the scope");
  },

  /** Restores the session after a reload, without the user. */
  async restore(tab, row, options) {
    await tab.reload();
    await ready(tab);
    await tab.evaluate((options) => app.start(options), options);
    expect(await tab.evaluate(() => app.session !== null), true, "a session");
    expect(await tab.evaluate(() => app.call()), "ok", "the call");
  },

  async "sign out"(tab, { revokes }) {
    expect(await tab.evaluate(() => app.session.signOut()), revokes, "a confirmed revocation");
    expect(await tab.evaluate(() => app.call()), "signed_out", "the call after it");
    expect(await tab.evaluate(async () => await app.authorizer.restore(app.mcpUrl)), null, "what is stored");
  },
};

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
