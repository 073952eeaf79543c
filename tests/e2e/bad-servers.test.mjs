// Servers that are down, broken or hostile. Each sign-in fails with a typed error and closes its popup, and the user's
// session at another server remains.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { errorIn, launchBrowser, openPage, signIn, startDemo } from "./browser.mjs";
import { redirect, startMock } from "./mock-server.mjs";

const PRM = "/.well-known/oauth-protected-resource/mcp";
const AS = "/.well-known/oauth-authorization-server";

/** Metadata of the authorization server with changed members; `undefined` removes one. */
const metadata = (change) => ({ [AS]: (url, origin, good) => ({ body: { ...good.body, ...change } }) });
/** Replaces the mock's CORS header. */
const NO_CORS = { "Access-Control-Allow-Origin": "null" };
const html = () => ({ body: "<!doctype html><title>Welcome</title><h1>Welcome</h1>" });
const tenMegabytes = () => ({ body: { padding: "x".repeat(10_000_000) } });
/** An authorization response with other parameters. */
const response = (change) => ({
  "/authorize": (url) => redirect(url, { code: "mock-code", state: url.searchParams.get("state"), ...change }),
});

/** @type {[name: string, bad: Record<string, any>, code: string, step?: string][]} */
const SERVERS = [
  // Discovery
  [
    "HTML in place of the protected resource metadata (RFC 9728 §3.2)",
    { [PRM]: html },
    "invalid_response",
    "resource_metadata",
  ],
  ["10 MB of protected resource metadata", { [PRM]: tenMegabytes }, "response_too_large", "resource_metadata"],
  [
    "metadata of another resource (RFC 9728 §3.3)",
    { [PRM]: (url, origin, good) => ({ body: { ...good.body, resource: "https://elsewhere.example/mcp" } }) },
    "resource_mismatch",
    "resource_metadata",
  ],
  [
    "an authorization server that is neither https nor loopback (MCP: Communication Security)",
    { [PRM]: (url, origin, good) => ({ body: { ...good.body, authorization_servers: ["http://as.example"] } }) },
    "insecure_url",
  ],
  [
    "HTML in place of the authorization server metadata (RFC 8414 §3.2)",
    { [AS]: html },
    "invalid_response",
    "authorization_server_metadata",
  ],
  [
    "10 MB of authorization server metadata",
    { [AS]: tenMegabytes },
    "response_too_large",
    "authorization_server_metadata",
  ],
  [
    "metadata of another issuer (RFC 8414 §3.3)",
    metadata({ issuer: "https://elsewhere.example" }),
    "issuer_mismatch",
    "authorization_server_metadata",
  ],
  [
    "an authorization endpoint with a javascript: URL",
    metadata({ authorization_endpoint: "javascript:alert(document.domain)" }),
    "insecure_url",
  ],
  [
    "an authorization endpoint without TLS (RFC 6749 §3.1)",
    metadata({ authorization_endpoint: "http://as.example/authorize" }),
    "insecure_url",
  ],
  [
    "a token endpoint without TLS (RFC 6749 §3.2)",
    metadata({ token_endpoint: "http://as.example/token" }),
    "insecure_url",
  ],
  [
    "a registration endpoint with a javascript: URL",
    metadata({ registration_endpoint: "javascript:alert(1)" }),
    "insecure_url",
  ],
  [
    "metadata without PKCE methods (MCP: Authorization Code Protection)",
    metadata({ code_challenge_methods_supported: undefined }),
    "pkce_unsupported",
  ],
  ["PKCE with `plain` only", metadata({ code_challenge_methods_supported: ["plain"] }), "pkce_unsupported"],
  // Registration
  ["no way to register", metadata({ registration_endpoint: undefined }), "registration_unsupported"],
  [
    "a registration refused (RFC 7591 §3.2.2)",
    { "/register": () => ({ status: 400, body: { error: "invalid_redirect_uri" } }) },
    "registration_failed",
    "registration",
  ],
  // The authorization response
  [
    "a response with another state (RFC 6749 §10.12)",
    response({ state: "another" }),
    "state_mismatch",
    "authorization",
  ],
  [
    "a response of another issuer (RFC 9207 §2.4)",
    response({ iss: "https://elsewhere.example" }),
    "issuer_mismatch",
    "authorization",
  ],
  [
    "a response without the issuer that was promised (RFC 9207 §2.4)",
    metadata({ authorization_response_iss_parameter_supported: true }),
    "issuer_mismatch",
    "authorization",
  ],
  [
    "an unregistered error code",
    { "/authorize": (url) => redirect(url, { error: "invented", state: url.searchParams.get("state") }) },
    "authorization_failed",
    "authorization",
  ],
  // Tokens
  [
    "a token endpoint that answers 400 (RFC 6749 §5.2)",
    { "/token": () => ({ status: 400, body: { error: "invalid_grant", error_description: "<img src=x>" } }) },
    "token_failed",
    "token",
  ],
  [
    "a token endpoint that answers 500",
    { "/token": () => ({ status: 500, body: "<h1>Oops</h1>" }) },
    "http_status",
    "token",
  ],
  ["a token endpoint that answers HTML", { "/token": html }, "invalid_response", "token"],
  [
    "a token of an unknown type (RFC 6749 §7.1)",
    { "/token": () => ({ body: { access_token: "t", token_type: "mac" } }) },
    "invalid_response",
    "token",
  ],
];

let browser, demo, context, page;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
  context = await browser.newContext();
  page = await openPage(context, demo);
  await signIn(page, "alice");
});
after(async () => {
  await browser.close();
  await demo.close();
});

async function tryServer(url) {
  const dialogs = [];
  const onDialog = (dialog) => {
    dialogs.push(dialog.message());
    dialog.dismiss();
  };
  context.on("dialog", onDialog);
  await page.getByLabel("MCP server URL").fill(url);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  const error = await errorIn(page);
  for (const popup of context.pages().filter((other) => other !== page)) {
    if (!popup.isClosed()) await popup.waitForEvent("close");
  }
  context.off("dialog", onDialog);
  assert.deepEqual(dialogs, [], "the server's script ran");
  return error;
}

/** The stored session survives a failed attempt. */
async function keepsSession() {
  await page.reload();
  await page.getByRole("heading", { name: "Tools" }).waitFor();
  assert.equal(await page.locator("#resource").innerText(), demo.mcpUrl);
}

describe("URLs that the user enters", () => {
  const inputs = [
    ["not a URL", "invalid_url"],
    ["", "invalid_url"],
    ["/mcp", "invalid_url"],
    ["javascript:alert(1)", "insecure_url"],
    ["http://mcp.example/mcp", "insecure_url"],
  ];
  for (const [input, code] of inputs) {
    test(`${JSON.stringify(input)}: ${code}, and no request is sent`, async () => {
      const requests = [];
      const onRequest = (request) => requests.push(request.url());
      page.on("request", onRequest);
      assert.equal((await tryServer(input)).code, code);
      page.off("request", onRequest);
      assert.deepEqual(requests, []);
      await keepsSession();
    });
  }

  test("a server that is down: network", async () => {
    const server = await startMock();
    await server.close();
    const error = await tryServer(server.mcpUrl);
    assert.equal(error.code, "network");
    assert.equal(error.step, "challenge");
    await keepsSession();
  });
});

describe("a server without CORS headers: cors_blocked, and the message names the missing header", () => {
  /** @type {[string, Record<string, any>, string][]} */
  const paths = [
    [
      "/mcp",
      { [PRM]: () => ({ headers: NO_CORS }), "/mcp": (url, origin, good) => ({ ...good, headers: NO_CORS }) },
      "challenge",
    ],
    [PRM, { [PRM]: (url, origin, good) => ({ ...good, headers: NO_CORS }) }, "resource_metadata"],
    [AS, { [AS]: (url, origin, good) => ({ ...good, headers: NO_CORS }) }, "authorization_server_metadata"],
    ["/register", { "/register": (url, origin, good) => ({ ...good, headers: NO_CORS }) }, "registration"],
    ["/token", { "/token": (url, origin, good) => ({ ...good, headers: NO_CORS }) }, "token"],
  ];
  for (const [path, bad, step] of paths) {
    test(path, async (t) => {
      const server = await startMock(bad);
      t.after(() => server.close());
      const error = await tryServer(server.mcpUrl);
      assert.deepEqual([error.code, error.step], ["cors_blocked", step]);
      assert.equal(error.url, new URL(path, server.mcpUrl).href);
      const { origin } = new URL(demo.pageUrl);
      assert.ok(error.text.includes(`Access-Control-Allow-Origin: ${origin}`), error.text);
      await keepsSession();
    });
  }
});

describe("faulty servers", () => {
  for (const [name, bad, code, step] of SERVERS) {
    test(`${name}: ${code}`, async (t) => {
      const server = await startMock(bad);
      t.after(() => server.close());
      const error = await tryServer(server.mcpUrl);
      assert.equal(error.code, code);
      if (step) assert.equal(error.step, step);
      assert.notEqual(error.message, "");
      assert.equal(await page.locator("#error img").count(), 0, "the server's text was parsed as HTML");
      await keepsSession();
    });
  }

  test("a server without faults signs the user in", async (t) => {
    const server = await startMock();
    const own = await browser.newContext();
    t.after(async () => {
      await own.close();
      await server.close();
    });
    const page = await openPage(own, demo);
    await page.getByLabel("MCP server URL").fill(server.mcpUrl);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.locator("#resource").filter({ hasText: server.mcpUrl }).waitFor();
    assert.ok(server.requests.includes("POST /token"));
  });
});
