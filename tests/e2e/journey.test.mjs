// The whole demo: real clicks, a real popup, oidc-provider, the official MCP SDK.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  callTool,
  consent,
  decline,
  errorIn,
  freshDemo,
  launchBrowser,
  logIn,
  openPage,
  popupOf,
  sendTool,
  signIn,
  textIn,
} from "./browser.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

async function fresh(t, options) {
  const { demo, context } = await freshDemo(t, browser, options);
  return { demo, context, page: await openPage(context, demo) };
}

/** Records the forms sent to the authorization server, and the tokens sent to the MCP server. */
function watchSecrets(context, demo) {
  const seen = { pushed: [], token: [], revocation: [], accessTokens: [] };
  const form = (request) => Object.fromEntries(new URLSearchParams(request.postData()));
  context.on("request", (request) => {
    if (request.url() === `${demo.issuer}/request`) seen.pushed.push(form(request));
    if (request.url() === `${demo.issuer}/token`) seen.token.push(form(request));
    if (request.url() === `${demo.issuer}/token/revocation`) seen.revocation.push(form(request));
    const [, token] = /^DPoP (.+)/.exec(request.headers().authorization ?? "") ?? [];
    if (request.url() === demo.mcpUrl && token && !seen.accessTokens.includes(token)) seen.accessTokens.push(token);
  });
  return seen;
}

/** Steps of one test. After a failure, the remaining steps are skipped. */
function stepsOf(t) {
  let failed = false;
  return (name, work) =>
    t.test(name, async (step) => {
      if (failed) return step.skip("an earlier step failed");
      failed = true;
      await work();
      failed = false;
    });
}

const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());
const signedOut = (page) => page.getByRole("heading", { name: "Session" }).waitFor({ state: "hidden" });

test("signs in by popup, calls a tool, refreshes, is restored after a reload, and signs out", async (t) => {
  const { demo, context, page } = await fresh(t);
  const step = stepsOf(t);
  const seen = watchSecrets(context, demo);
  const shown = [];
  const problems = [];
  const popups = [];
  let authorizationUrl;
  page.on("framenavigated", (frame) => shown.push(frame.url()));
  page.on("popup", (popup) => popups.push(popup));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    shown.push(message.text());
    // The browser logs each response of 400 and above. Three belong to the protocol: the challenge (RFC 9728 §5.1), 405
    // if a server has no GET stream (MCP, Streamable HTTP), and 400 for an access token that can't be revoked because
    // it is a JWT (RFC 7009 §2.2.1, `unsupported_token_type`).
    const [, status] = /with a status of (\d+)/.exec(message.text()) ?? [];
    const ofProtocol = [`401 ${demo.mcpUrl}`, `405 ${demo.mcpUrl}`, `400 ${demo.issuer}/token/revocation`];
    if (message.type() === "error" && !ofProtocol.includes(`${status} ${message.location().url}`)) {
      problems.push(`${message.text()} ${message.location().url}`);
    }
  });

  await step("the popup shows the login and the consent form", async () => {
    const authorizing = context.waitForEvent("request", (request) => request.url().startsWith(`${demo.issuer}/auth?`));
    const popup = await popupOf(page);
    authorizationUrl = new URL((await authorizing).url());
    await logIn(popup, "alice");
    await popup.getByText("mcp:read", { exact: true }).waitFor();
    await consent(popup);
    await page.getByRole("heading", { name: "Tools" }).waitFor();
  });

  await step("the page shows the session's server, issuer, scopes and expiry", async () => {
    assert.equal(await page.locator("#resource").innerText(), demo.mcpUrl);
    assert.equal(await page.locator("#issuer").innerText(), demo.issuer);
    // The challenge's scope is authoritative (MCP authorization, Scope Selection Strategy).
    assert.equal((await page.locator("#scopes").innerText()).trim(), "mcp:read");
    await textIn(page, "#expiry", /^Good for 4 min 5[0-8] s, then refreshed\.$/);
  });

  await step("the MCP server answers, and the token is only for this server (RFC 8707 §2)", async () => {
    assert.deepEqual(await page.locator("#tool-list summary code").allInnerTexts(), [
      "whoami",
      "add",
      "list_notes",
      "write_note",
    ]);
    const claims = JSON.parse(await callTool(page, "whoami"));
    assert.equal(claims.aud, demo.mcpUrl);
    assert.equal(claims.iss, demo.issuer);
    assert.equal(claims.sub, "alice");
    assert.equal(claims.scope, "mcp:read");
    assert.equal(seen.accessTokens.length, 1);
    assert.equal(claimsOf(seen.accessTokens[0]).aud, demo.mcpUrl);
    assert.equal(await callTool(page, "add", { a: 2, b: 40.5 }), "2 + 40.5 = 42.5");
  });

  await step("the request was pushed, and the URL contained only its reference (RFC 9126 §4)", () => {
    const [request] = seen.pushed;
    assert.equal(request.resource, demo.mcpUrl);
    assert.equal(request.code_challenge_method, "S256");
    assert.deepEqual([...authorizationUrl.searchParams.keys()].sort(), ["client_id", "request_uri"]);
  });

  await step("`resource` and PKCE are in the token request (RFC 8707 §2.2, RFC 7636 §4.5)", () => {
    const [request] = seen.token;
    assert.equal(request.grant_type, "authorization_code");
    assert.equal(request.resource, demo.mcpUrl);
    assert.match(request.code_verifier, /^[\w.~-]{43,128}$/);
  });

  await step("a refresh returns another token, and the server accepts it", async () => {
    await page.getByRole("button", { name: "Refresh now" }).click();
    await textIn(page, "#steps li", "One refresh for all tabs");
    assert.deepEqual(
      seen.token.map(({ grant_type }) => grant_type),
      ["authorization_code", "refresh_token"],
    );
    assert.equal(seen.token[1].resource, demo.mcpUrl);
    assert.equal(JSON.parse(await callTool(page, "whoami")).sub, "alice");
    assert.equal(seen.accessTokens.length, 2);
  });

  await step("a reload needs neither the user nor the authorization server", async () => {
    shown.push(await page.content());
    const before = { popups: popups.length, tokens: seen.token.length, accessTokens: seen.accessTokens.length };
    await page.reload();
    await page.getByRole("heading", { name: "Tools" }).waitFor();
    assert.equal(JSON.parse(await callTool(page, "whoami")).sub, "alice");
    const after = { popups: popups.length, tokens: seen.token.length, accessTokens: seen.accessTokens.length };
    assert.deepEqual(after, before);
    shown.push(await page.content());
  });

  await step("signing out revokes the tokens (RFC 7009) and forgets them", async () => {
    const revoked = page.waitForResponse(`${demo.issuer}/token/revocation`);
    await page.getByRole("button", { name: "Sign out" }).click();
    assert.equal((await revoked).status(), 200);
    await signedOut(page);
    // The refresh token is revoked. It differs from the first one, because a public client's token rotates at each use
    // (RFC 9700 §4.14.2).
    const refresh_token = seen.revocation[0].token;
    assert.notEqual(refresh_token, seen.token[1].refresh_token);
    const body = new URLSearchParams({ ...seen.token[1], refresh_token });
    const refused = await fetch(`${demo.issuer}/token`, { method: "POST", body });
    assert.equal((await refused.json()).error, "invalid_grant");
    await page.reload();
    await page.locator("#start:enabled").waitFor();
    assert.ok(await page.getByRole("heading", { name: "Session" }).isHidden());
  });

  await step("no secret was in the page, its URL or the console", () => {
    const { code, code_verifier } = seen.token[0];
    const refreshTokens = [seen.token[1].refresh_token, seen.revocation[0].token];
    for (const secret of [code, code_verifier, ...refreshTokens, ...seen.accessTokens]) {
      assert.ok(secret.length > 20);
      assert.ok(!shown.some((text) => text.includes(secret)), "a secret is shown");
    }
  });

  assert.deepEqual(problems, []);
});

test("the page offers to grant a scope that a tool needs, and requests it together with the granted ones", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);

  await sendTool(page, "write_note", { note: "Water the plants" });
  const grant = page.locator("#tools").getByRole("button", { name: "Grant access", exact: true });
  await grant.waitFor();
  // The button's description names the missing scope for screen readers.
  assert.equal(
    await grant.evaluate((button) => document.getElementById(button.getAttribute("aria-describedby")).textContent),
    "This tool needs what you have not granted yet: write notes (mcp:write)",
  );
  assert.equal(await page.locator("#error > *").count(), 0, "the offer is shown as an error");
  await textIn(page, "#steps .note.failed", "insufficient_scope");

  const popup = await popupOf(page, grant);
  // The consent form lists the new scope.
  await popup.getByText("mcp:write", { exact: true }).waitFor();
  await consent(popup);
  // The refused call is repeated.
  assert.equal(await page.locator("#answer-write_note pre").innerText(), "Note 3 is kept: Water the plants");
  assert.deepEqual((await page.locator("#scopes").innerText()).trim().split(/\s+/).sort(), ["mcp:read", "mcp:write"]);
  assert.match(await callTool(page, "list_notes"), /3: Water the plants/);
});

test("after the user declined the scope, the offer stays and can be accepted", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);
  await sendTool(page, "write_note", { note: "Water the plants" });
  const grant = page.getByRole("button", { name: "Grant access", exact: true });
  const declined = await popupOf(page, grant);
  await decline(declined);
  assert.equal((await errorIn(page)).code, "access_denied");
  await consent(await popupOf(page, grant));
  assert.equal(await page.locator("#answer-write_note pre").innerText(), "Note 3 is kept: Water the plants");
  assert.equal(await page.locator("#error > *").count(), 0);
});

test("while the tools of a new session load, Cancel is hidden and Sign out works", async (t) => {
  const { demo, page } = await fresh(t);
  let release;
  const held = new Promise((done) => (release = done));
  await page.route(demo.mcpUrl, async (route) => {
    if (route.request().headers().authorization) await held;
    await route.continue().catch(() => {}); // The sign-out may have ended it.
  });
  const isCall = (request) => request.url() === demo.mcpUrl && Boolean(request.headers().authorization);
  const ended = Promise.race(["requestfinished", "requestfailed"].map((event) => page.waitForEvent(event, isCall)));
  const popup = await popupOf(page);
  await logIn(popup);
  await consent(popup);
  await page.getByRole("heading", { name: "Session" }).waitFor();
  assert.equal(await page.getByRole("status").innerText(), "Signed in.");
  assert.ok(await page.getByRole("button", { name: "Cancel" }).isHidden());
  assert.ok(await page.getByRole("button", { name: "Sign in", exact: true }).isEnabled());
  await page.getByRole("button", { name: "Sign out" }).click();
  await signedOut(page);
  release();
  await ended;
  await page.evaluate(() => new Promise((done) => setTimeout(done)));
  assert.ok(await page.getByRole("heading", { name: "Tools" }).isHidden(), "tools were shown after the sign-out");
  assert.equal(await page.getByRole("status").innerText(), "Signed out.");
});

test("an expired token is refreshed by the next call", async (t) => {
  const { demo, context, page } = await fresh(t, { accessTokenSeconds: 2 });
  const seen = watchSecrets(context, demo);
  await signIn(page);
  await textIn(page, "#expiry", "Expired");
  const before = seen.token.length;
  const claims = JSON.parse(await callTool(page, "whoami"));
  assert.equal(seen.token[before].grant_type, "refresh_token");
  assert.deepEqual(claims.exp, claimsOf(seen.accessTokens.at(-1)).exp);
});

test("without a refresh token, the session ends when the access token expires", async (t) => {
  const { page } = await fresh(t, { refreshTokens: false });
  await signIn(page);
  assert.ok(await page.getByRole("button", { name: "Refresh now" }).isDisabled());
  // Moves the clock, because a short-lived token could expire too early on a busy machine.
  await page.clock.setFixedTime(Date.now() + 301_000);
  await textIn(page, "#expiry", "Expired");
  await sendTool(page, "whoami");
  assert.equal((await errorIn(page)).code, "session_expired");
  await page.clock.setFixedTime(Date.now());
  // Signing in again works.
  const popup = await popupOf(page);
  await consent(popup);
  await page.getByRole("heading", { name: "Tools" }).waitFor();
});

test("a sign-in and a sign-out take effect in other tabs", async (t) => {
  const { demo, context, page } = await fresh(t);
  const other = await openPage(context, demo);
  await signIn(page);
  await other.getByRole("heading", { name: "Tools" }).waitFor();
  assert.equal(JSON.parse(await callTool(other, "whoami")).sub, "alice");
  await other.getByRole("button", { name: "Sign out" }).click();
  await signedOut(page);
});
