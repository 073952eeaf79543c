// The sequence diagram: what it draws, what its messages show, and what it must redact.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { challenge, form, headers, json, REDACTED } from "../../www/show/redact.js";
import { PATIENCE } from "../patience.mjs";
import {
  allowButton,
  callTool,
  consent,
  decline,
  errorIn,
  launchBrowser,
  logIn,
  openPage,
  popupOf,
  signIn,
  startDemo,
  textIn,
} from "./browser.mjs";

let browser, demo;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

async function fresh(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  return { context, page: await openPage(context, demo) };
}

/** Each message as a screen reader reads it, without its time. */
const messages = async (page) => {
  const texts = await page.locator("#steps summary").allInnerTexts();
  return texts.map((text) =>
    text
      .replace(/\s+/g, " ")
      .replace(/\+\d+\.\d\d s /, "")
      .trim(),
  );
};

const message = (page, title) => page.locator("#steps > li").filter({ hasText: title }).first();

/** The parameters of an open message: `{ name: value }`. */
const parametersOf = async (item) =>
  Object.fromEntries(
    await item
      .locator(".parameters dl > div")
      .evaluateAll((all) => all.map(({ children }) => [...children].map((it) => it.textContent))),
  );

test("before the first click, a preview shows what will happen, and is not in the log", async (t) => {
  const { page } = await fresh(t);
  const preview = page.getByRole("group", { name: "Preview of a sign-in. Nothing of it has happened yet." });
  const will = await preview.getByRole("listitem").allInnerTexts();
  assert.equal(await page.getByRole("log").getByRole("listitem").count(), 0, "the log is not empty");
  assert.equal(await preview.locator("summary, button, a").count(), 0, "the preview has controls");

  const popup = await popupOf(page);
  await preview.waitFor({ state: "hidden" });
  await logIn(popup);
  await consent(popup);
  await page.getByRole("heading", { name: "Tools" }).waitFor();
  // The preview was right: every message appears, in this order.
  const did = await messages(page);
  const places = will.map((text) => did.findIndex((one) => one.startsWith(text.replace(/\s+/g, " ").trim())));
  assert.ok(places.length === 8 && !places.includes(-1), will.join("\n"));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  await page.reload();
  await page.locator("#start:enabled").waitFor();
  assert.ok(await preview.isHidden());
});

for (const [reducedMotion, animations] of /** @type {const} */ ([
  ["reduce", 0],
  ["no-preference", 8],
])) {
  test(`prefers-reduced-motion: ${reducedMotion}: ${animations} rows of the preview are animated`, async (t) => {
    const context = await browser.newContext({ reducedMotion });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(demo.pageUrl);
    await page.locator(".preview").waitFor();
    const animated = await page.evaluate(
      () => document.querySelector(".preview").getAnimations({ subtree: true }).length,
    );
    assert.equal(animated, animations);
  });
}

test("draws each exchange as it happens, with its time", async (t) => {
  const { page } = await fresh(t);
  const popup = await popupOf(page);
  await logIn(popup);
  await allowButton(popup).waitFor();
  const whileOpen = await messages(page);
  const discovery = [
    /^this page to MCP server: Call without a token POST \/mcp 401 · \d+ ms$/,
    /^this page to MCP server: Read resource metadata GET \/\.well-known\/oauth-protected-resource\/mcp 200 · \d+ ms$/,
    /^this page to authorization server: Read server metadata GET \/\.well-known\/oauth-authorization-server 200 · \d+ ms$/,
    /^this page to authorization server: Register this app POST \/reg 201 · \d+ ms$/,
    /^this page to authorization server: Push the request POST \/request 201 · \d+ ms$/,
  ];
  discovery.forEach((pattern, index) => assert.match(whileOpen[index], pattern));
  assert.match(whileOpen[5], /^sign-in page to authorization server: Ask the user localhost:\d+ waiting for you$/);
  assert.equal(whileOpen.length, 6);

  await consent(popup);
  await page.getByRole("heading", { name: "Tools" }).waitFor();
  const after = await messages(page);
  assert.match(after[5], /you took \d+\.\d s$/);
  assert.match(after[6], /^authorization server to this page: The code comes back/);
  assert.match(after[7], /^this page to authorization server: Exchange the code POST \/token 200 · \d+ ms$/);
  assert.match(after[8], /^this page to MCP server: Call with the token \w+ 200 · \d+ ms$/);
  await textIn(page, "#steps .note", "Signed in");

  await callTool(page, "add", { a: 1, b: 2 });
  assert.match((await messages(page)).at(-1), /Call with the token tools\/call add 200/);
});

test("a message opens with the keyboard and shows its parameters, its rule with a link, and what was checked", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);
  const token = message(page, "Exchange the code");
  await token.locator("summary").focus();
  await page.keyboard.press("Enter");
  await token.locator(".explained").waitFor();

  // An open message stays in place. Otherwise the list scrolls to its end.
  const isInSight = (summary) =>
    summary.getBoundingClientRect().top >= summary.closest("[role=log]").getBoundingClientRect().top;
  assert.ok(await token.locator("summary").evaluate(isInSight));

  const parameters = await parametersOf(token);
  assert.equal(parameters.grant_type, "authorization_code");
  assert.equal(parameters.resource, demo.mcpUrl);
  assert.equal(parameters.token_type, "DPoP");
  for (const name of ["code", "code_verifier", "access_token", "refresh_token"])
    assert.equal(parameters[name], REDACTED, name);
  assert.match(await token.locator(".checks").innerText(), /^token_type DPoP is Bearer or DPoP/);
  const links = await token.locator(".rule a").evaluateAll((all) => all.map(({ href }) => href));
  assert.ok(links.includes("https://www.rfc-editor.org/rfc/rfc7636#section-4.5"));
});

test("the end of the list stays in sight, however fast the list grows", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);
  const distance = await page.locator("[role=log]").evaluate(async (log) => {
    const afterFrame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    for (let count = 0; count < 5; count += 1) {
      const item = document.createElement("li");
      item.style.height = "200px";
      log.querySelector("ol").append(item);
      await afterFrame();
    }
    await afterFrame();
    return log.scrollHeight - log.scrollTop - log.clientHeight;
  });
  assert.ok(distance < 4, `${distance} px are out of sight`);
});

test("the challenge, the metadata and the token are decoded", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);
  for (const summary of await page.locator("#steps summary").all()) await summary.click();
  const challenged = await parametersOf(message(page, "Call without a token"));
  assert.equal(challenged["www-authenticate"], "DPoP"); // the last of its two
  assert.equal(
    challenged["· resource_metadata"],
    new URL("/.well-known/oauth-protected-resource/mcp", demo.mcpUrl).href,
  );
  const metadata = message(page, "Read server metadata");
  assert.equal((await parametersOf(metadata)).issuer, demo.issuer);
  assert.ok((await metadata.locator(".checks").innerText()).startsWith(`issuer ${demo.issuer} is exactly the issuer`));
  assert.equal((await parametersOf(message(page, "The code comes back"))).iss, demo.issuer);
  const called = await parametersOf(message(page, "Call with the token"));
  assert.equal(called.authorization, `DPoP ${REDACTED}`);
  assert.equal(called["· token aud"], demo.mcpUrl);
  assert.equal(called.dpop, REDACTED);
  assert.equal(called["· proof htu"], demo.mcpUrl);
});

test("an error is shown at the message that caused it", async (t) => {
  const { page } = await fresh(t);
  const place = "**/.well-known/oauth-protected-resource/mcp";
  const body = JSON.stringify({ resource: "https://elsewhere.example/mcp", authorization_servers: [demo.issuer] });
  await page.route(place, (route) =>
    route.fulfill({ contentType: "application/json", headers: { "Access-Control-Allow-Origin": "*" }, body }),
  );
  await popupOf(page);
  const { code, text } = await errorIn(page);
  assert.equal(code, "resource_mismatch");
  const metadata = message(page, "Read resource metadata");
  await metadata.locator("summary").click();
  assert.match(
    await metadata.locator(".checks").innerText(),
    /^resource https:\/\/elsewhere\.example\/mcp is the server’s URL/,
  );
  const refused = await metadata.locator(".refused").innerText();
  assert.ok(refused && text.includes(refused), refused);
  await textIn(page, "#steps .note.failed", "resource_mismatch");
});

test("if a response can't be read, the request that looks for the reason is drawn, too (Fetch, CORS protocol)", async (t) => {
  const { page } = await fresh(t);
  // The page's own server under another origin, without CORS headers.
  const closed = new URL("/mcp", demo.pageUrl);
  closed.hostname = "localhost";
  await page.locator("#server").fill(closed.href);
  await popupOf(page);
  await errorIn(page);
  const texts = await messages(page);
  assert.match(texts[0], /^this page to MCP server: Call without a token POST \/mcp no answer · \d+ ms$/);
  assert.ok(
    texts.some((text) => /^this page to MCP server: Find out why it failed HEAD \/mcp unreadable/.test(text)),
    texts.join("\n"),
  );
});

test("a reload keeps the diagram, and new messages follow", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);
  const list = page.locator("#steps");
  await callTool(page, "whoami");
  // `textContent` includes the closed messages.
  const before = await list.evaluate((element) => element.textContent);
  await page.reload();
  await textIn(page, "#steps .note", "The session is back");
  assert.ok((await list.evaluate((element) => element.textContent)).startsWith(before));
  assert.equal(await page.locator("[data-lane=server] .quiet").innerText(), new URL(demo.issuer).host);
});

test("the diagram is a log with a list of exchanges for screen readers", async (t) => {
  const { page } = await fresh(t);
  await signIn(page);
  const log = page.getByRole("log", { name: "What happens" });
  assert.equal(await log.getByRole("listitem").count(), await page.locator("#steps > li").count());
  await log.getByRole("listitem").filter({ hasText: "this page to authorization server: " }).first().waitFor();
});

test("an error ends the diagram, and Clear empties it", async (t) => {
  const { page } = await fresh(t);
  const popup = await popupOf(page);
  await logIn(popup);
  await decline(popup);
  await errorIn(page);
  await textIn(page, "#steps .note.failed", "access_denied");
  await page.getByRole("button", { name: "Clear" }).click();
  assert.equal(await page.locator("#steps > li").count(), 0);
});

test("parameters that are not on the list are redacted", () => {
  const rows = Object.fromEntries(form("grant_type=refresh_token&refresh_token=s3cret&unheard_of=s3cret"));
  assert.deepEqual(rows, { grant_type: "refresh_token", refresh_token: REDACTED, unheard_of: REDACTED });
  const body = {
    client_id: "a",
    client_secret: "s3cret",
    registration_access_token: "s3cret",
    contacts: { x: "s3cret" },
  };
  assert.ok(!JSON.stringify(json(body)).includes("s3cret"));
  assert.ok(
    !JSON.stringify(json({ method: "tools/call", params: { name: "add", arguments: { a: "s3cret" } } })).includes(
      "s3cret",
    ),
  );
  assert.ok(!JSON.stringify(json({ scope: { deep: "s3cret" } })).includes("s3cret"));
  assert.deepEqual(json("s3cret"), [["(body)", REDACTED]]);
});

test("a token's signature and its claims about the user are redacted", () => {
  const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
  const token = `${part({ alg: "ES256", kid: "k1d" })}.${part({ iss: "https://a.example", sub: "al1ce", jti: "1d" })}.s1gnature`;
  const text = JSON.stringify(
    headers(new Headers({ authorization: `DPoP ${token}`, "x-api-key": "s3cret", cookie: "s3cret" })),
  );
  assert.match(text, /https:\/\/a\.example/);
  for (const secret of [token, "s1gnature", "k1d", "al1ce", '1d"', "s3cret"]) assert.ok(!text.includes(secret), secret);
  // An opaque token, and texts that only look like JWTs.
  for (const other of ["s3cret", "s3.cr.et", "e30.e30."])
    assert.ok(!JSON.stringify(headers(new Headers({ authorization: `Bearer ${other}` }))).includes("s3"));
});

test("a challenge is split into its parameters (RFC 9110 §11.6.1)", () => {
  assert.deepEqual(challenge('DPoP algs="ES256", error="use_dpop_nonce", nonce=s3cret'), [
    ["www-authenticate", "DPoP"],
    ["· algs", "ES256"],
    ["· error", "use_dpop_nonce"],
    ["· nonce", REDACTED],
  ]);
  assert.deepEqual(challenge('Bearer scope="a, b c", error=x, DPoP algs="ES256", Negotiate'), [
    ["www-authenticate", "Bearer"],
    ["· scope", "a, b c"],
    ["· error", "x"],
    ["www-authenticate", "DPoP"],
    ["· algs", "ES256"],
    ["www-authenticate", "Negotiate"],
  ]);
});
