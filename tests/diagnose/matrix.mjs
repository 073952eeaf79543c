// `npm run diagnose-matrix`: checks for broken servers with one fault each that the diagnosis names exactly this fault
// in Chromium and in Node.js, and how a sign-in ends.

import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { Failure, capture, isMain, main, root } from "../../scripts/run.mjs";
import { staticServer } from "../../www/servers/static.mjs";
import { allowButton, launchBrowser, logIn } from "../e2e/browser.mjs";
import { FAULTS, LISTS } from "./faults.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { PATIENCE } from "../patience.mjs";

const HELP = `Usage: npm run diagnose-matrix -- [options]

Diagnoses broken servers, and signs in to them.

  --only TEXT   test only faults whose name contains TEXT
  --no-build    use pkg/wasm without rebuilding it`;

const INTACT = { name: "nothing", fault: {}, id: null, error: "signed in" };

async function matrix({ only = "", "no-build": noBuild }) {
  const faults = [
    INTACT,
    { ...INTACT, name: "nothing (metadata only at the challenge's URL)", fault: { hinted: true } },
    ...LISTS,
    ...FAULTS,
  ];
  const chosen = faults.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) throw new Failure(`No fault has "${only}" in its name.`);
  if (!noBuild) await build();

  const page = createServer(
    staticServer({ folders: { "/": join(root, "tests/diagnose/page/"), "/pkg/": join(root, "pkg/") }, made: {} }),
  );
  page.listen(0, "127.0.0.1");
  await once(page, "listening");
  const origin = `http://127.0.0.1:${portOf(page)}`;
  const browser = await launchBrowser();
  let [passed, failed] = [0, 0];
  try {
    const width = Math.max(...chosen.map(({ name }) => name.length));
    console.log(
      `${"what is broken".padEnd(width)}  ${"Chromium".padEnd(8)}  ${"Node.js".padEnd(8)}  ${"sign-in".padEnd(8)}  finding; error of the sign-in`,
    );
    for (const fault of chosen) {
      const { cells, problems } = await tryFault(fault, { browser, origin });
      passed += problems.length === 0 ? 1 : 0;
      failed += problems.length === 0 ? 0 : 1;
      const marks = cells.map((good) => (good ? "ok" : "FAIL").padEnd(8)).join("  ");
      console.log(`${fault.name.padEnd(width)}  ${marks}  ${fault.id ?? "none"}; ${fault.error}`);
      for (const problem of problems) console.log(`    ${problem}`);
    }
  } finally {
    await browser.close();
    page.closeAllConnections();
    page.close();
  }
  console.log(`diagnose-matrix: ${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

async function tryFault(expected, { browser, origin }) {
  const { startServers } = await import("./farm.mjs"); // Imported only when needed, because `--help` must work without the npm packages.
  const servers = await startServers(expected.fault);
  const context = await browser.newContext();
  const problems = [];
  const cells = [];
  const judge = (where, problem) => {
    cells.push(!problem);
    if (problem) problems.push(`${where}: ${problem}`);
  };
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${origin}/#${encodeURIComponent(servers.url)}`);
    await page.waitForFunction(() => typeof diagnose === "function");
    judge("Chromium", differs(await page.evaluate(() => diagnose()), expected));
    judge("Node.js", await byCommand(servers.url, expected, origin));
    const outcome = await signIn(context, page);
    judge("sign-in", outcome === expected.error ? undefined : `it ended with ${outcome}`);
  } catch (error) {
    judge("test", error.message);
  } finally {
    await context.close();
    await servers.close();
  }
  return { cells, problems };
}

/** How a report differs from the expectation: the expected failure and no other. */
function differs({ findings }, { id, remedy, detail }) {
  const failures = findings.filter(({ status }) => status === "failure");
  const named = failures.map((finding) => `${finding.id} (${finding.remedy})`).join(", ");
  if (id === null) return failures.length === 0 ? undefined : `expected no failure, but it reports ${named}`;
  if (failures.length !== 1 || failures[0].id !== id) return `expected ${id}, but it reports ${named || "nothing"}`;
  const { remedy: actual, spec, request } = failures[0];
  if (detail && !detail.test(failures[0].detail)) return `the detail is ${failures[0].detail}`;
  if (typeof remedy === "string" ? actual !== remedy : !remedy.test(actual)) return `the remedy is ${actual}`;
  if (!spec || !request?.url) return "the finding has no section or no request";
}

async function byCommand(url, expected, origin) {
  const args = [join(root, "pkg", "cli.js"), "diagnose", url, "--json", "--origin", origin, "--timeout", "3"];
  const output = await capture(process.execPath, args, { timeout: PATIENCE });
  const status = expected.id === null ? 0 : expected.id === "challenge.reachable" ? 2 : 1;
  if (output.status !== status) return `it ended with status ${output.status}: ${output.output.slice(-300)}`;
  return differs(JSON.parse(output.output), expected);
}

/** Signs in by popup and calls the server. Returns the page's output. */
async function signIn(context, page) {
  context.on("page", async (popup) => {
    // A failed sign-in closes its popup meanwhile.
    try {
      await logIn(popup);
      await allowButton(popup).click();
    } catch {}
  });
  await page.getByRole("button", { name: "Sign in" }).click();
  const output = page.locator("output");
  await output.filter({ hasText: /./ }).waitFor();
  return output.innerText();
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: { only: { type: "string" }, "no-build": { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) return console.log(HELP);
    await matrix(values);
  });
}
