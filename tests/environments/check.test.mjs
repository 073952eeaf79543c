// `npx mcp-authorize check URL`, as a server's CI runs it: against the demo's servers, with a browser that signs in.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { capture, root } from "../../scripts/run.mjs";
import { junit, sarif } from "../../pkg/reports.js";
import { launchBrowser, startDemo } from "../e2e/browser.mjs";
import { PATIENCE } from "../patience.mjs";

let demo, browser, folder;
before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchBrowser()]);
  folder = mkdtempSync(join(tmpdir(), "mcp-authorize-check-"));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await browser.close();
  await demo.close();
});

const LOG_IN = join(root, "tests", "environments", "log-in.mjs");
const check = (url, ...args) =>
  capture(process.execPath, [join(root, "pkg", "cli.js"), "check", url, ...args], { timeout: 3 * PATIENCE });

/** The cases of a JUnit file, read with the browser's XML parser: `{ name, classname, failed }`. */
async function cases(file) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(
      (text) => {
        const document = new DOMParser().parseFromString(text, "application/xml");
        const wrong = document.querySelector("parsererror");
        if (wrong) throw new Error(wrong.textContent);
        return Array.from(document.querySelectorAll("testsuite > testcase"), (node) => ({
          name: node.getAttribute("name"),
          classname: node.getAttribute("classname"),
          failed: node.querySelector("failure")?.textContent,
        }));
      },
      readFileSync(file, "utf8"),
    );
  } finally {
    await page.close();
  }
}

test("a working server: signs in, calls, refreshes, calls again and signs out", async () => {
  const [report, results] = [join(folder, "good.xml"), join(folder, "good.sarif")];
  const { status, output } = await check(
    demo.mcpUrl,
    "--login-script",
    LOG_IN,
    "--junit",
    report,
    "--sarif",
    results,
    "--json",
  );
  assert.equal(status, 0, output);
  const { signIn, findings } = JSON.parse(output.slice(output.indexOf("{\n")));
  assert.deepEqual(
    signIn.map(({ id, status }) => [id, status]),
    ["sign_in", "call", "refresh", "call_after_refresh", "sign_out"].map((id) => [id, "pass"]),
  );
  const all = await cases(report);
  assert.equal(all.length, findings.length + signIn.length);
  assert.deepEqual(
    all.filter(({ failed }) => failed !== undefined),
    [],
  );
  const { version, runs } = JSON.parse(readFileSync(results, "utf8"));
  assert.equal(version, "2.1.0");
  assert.deepEqual(
    runs[0].results.filter(({ level }) => level === "error"),
    [],
  );
  // The files that a CI system stores contain no token, code or verifier.
  for (const file of [report, results]) assert.doesNotMatch(readFileSync(file, "utf8"), /eyJ|code_verifier|state=/);
});

test("a failed sign-in: status 1, the error with its remedy, and the later steps are skipped", async () => {
  const report = join(folder, "bad.xml");
  const args = ["--client-credentials", "--client-id", "nobody", "--issuer", demo.issuer, "--junit", report];
  process.env.MCP_AUTHORIZE_CLIENT_SECRET = "s3cret";
  const { status, output } = await check(demo.mcpUrl, ...args);
  delete process.env.MCP_AUTHORIZE_CLIENT_SECRET;
  assert.equal(status, 1, output);
  assert.match(output, /✗ failure: The sign-in succeeds .*token_failed/);
  assert.match(output, /- skipped: Sign-out succeeds/);
  assert.ok(!output.includes("s3cret"));
  const failed = (await cases(report)).filter((each) => each.failed !== undefined);
  assert.deepEqual(
    failed.map(({ classname }) => classname),
    ["sign_in.sign_in"],
  );
});

test("a login script that never ends or rejects with nothing: status 1, and the check ends", async () => {
  for (const [name, body, expected] of [
    ["endless.mjs", "() => new Promise(() => setInterval(() => {}, 1000))", /timeout: It took longer/],
    ["nothing.mjs", "() => Promise.reject()", /failure: The sign-in succeeds .*undefined/],
  ]) {
    const script = join(folder, String(name));
    writeFileSync(script, `export default ${body};`);
    const { status, output } = await check(demo.mcpUrl, "--login-script", script, "--sign-in-timeout", "5");
    assert.match(output, /** @type {RegExp} */ (expected));
    assert.match(output, /- skipped: Sign-out succeeds/);
    assert.equal(status, 1, output);
  }
});

test("a server that never answers the call with the token: a failure, and the check ends", async (t) => {
  const hangs = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    const json = (/** @type {object} */ body) => {
      response.writeHead(200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
      response.end(JSON.stringify(body));
    };
    if (request.url === "/.well-known/oauth-protected-resource/mcp")
      return json({ resource: `${origin}/mcp`, authorization_servers: [origin] });
    if (request.url === "/.well-known/oauth-authorization-server")
      return json({ issuer: origin, token_endpoint: `${origin}/token`, grant_types_supported: ["client_credentials"] });
    if (request.url === "/token") return json({ access_token: "t", token_type: "Bearer", expires_in: 600 });
    if (!request.headers.authorization) response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end();
  });
  await once(hangs.listen(0, "127.0.0.1"), "listening");
  t.after(() => void hangs.close().closeAllConnections());
  const url = `http://127.0.0.1:${/** @type {any} */ (hangs.address()).port}`;
  process.env.MCP_AUTHORIZE_CLIENT_SECRET = "s3cret";
  const { status, output } = await check(
    `${url}/mcp`,
    "--client-credentials",
    "--client-id",
    "a",
    "--issuer",
    url,
    "--timeout",
    "2",
  );
  delete process.env.MCP_AUTHORIZE_CLIENT_SECRET;
  assert.match(output, /✗ failure: The server accepts the token .*did not answer within 2 s/);
  assert.match(output, /Sign-out succeeds: pass/);
  assert.equal(status, 1, output);
});

test("a login script without a default function, and invalid options: status 2", async () => {
  const { status, output } = await check(demo.mcpUrl, "--login-script", join(root, "tests", "patience.mjs"));
  assert.equal(status, 2);
  assert.match(output, /default export that is a function/);
  for (const args of [["--sign-in-timeout", "0"], ["--login"]])
    assert.equal((await check(demo.mcpUrl, ...args)).status, 2);
});

test("a server's text is escaped in XML", async () => {
  const hostile = '</failure>]]><!--&"\u0000\u001b\uffff\ud800';
  const finding = (status) => ({
    id: "a.b",
    step: "token",
    status,
    title: "T",
    detail: hostile,
    spec: "S",
    remedy: hostile,
  });
  const report = {
    server: "https://mcp.example/mcp?a&b",
    findings: ["failure", "warning", "skipped", "pass"].map(finding),
  };
  const step = { id: "call", title: "C", status: "failure", detail: hostile, seconds: 1 };
  const file = join(folder, "hostile.xml");
  writeFileSync(file, junit(/** @type {any} */ (report), [/** @type {any} */ (step)]));
  const all = await cases(file);
  assert.equal(all.length, 5);
  assert.ok(all[0].failed.startsWith('</failure>]]><!--&"\n'), JSON.stringify(all[0].failed));
  const { runs } = JSON.parse(sarif(/** @type {any} */ (report), [/** @type {any} */ (step)]));
  assert.deepEqual(
    runs[0].results.map(({ level }) => level),
    ["error", "warning", "error"],
  );
  assert.deepEqual(
    runs[0].tool.driver.rules.map(({ id }) => id),
    ["a.b", "sign_in.call"],
  );
});
