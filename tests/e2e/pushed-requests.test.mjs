// Pushed authorization requests (RFC 9126) at servers that a page can't push to: the browser hides what they answer,
// and tells the page nothing but that it failed. The journey's test has a server that does it right.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, openPage, ownAuthorizer, startDemo } from "./browser.mjs";
import { startMock } from "./mock-server.mjs";

let browser;
let demo;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

/** Signs in at a server whose endpoint for pushed requests has no CORS headers for this page. */
async function attempt(t, metadata) {
  const asked = [];
  const mock = await startMock({
    "/.well-known/oauth-authorization-server": (url, origin, good) => ({
      body: { ...good.body, pushed_authorization_request_endpoint: `${origin}/par`, ...metadata },
    }),
    "/par": () => ({
      status: 201,
      headers: { "Access-Control-Allow-Origin": "https://elsewhere.example" },
      body: { request_uri: "urn:example:1", expires_in: 60 },
    }),
    "/authorize": (url, origin, good) => (asked.push([...url.searchParams.keys()]), good),
  });
  t.after(mock.close);
  const page = await openPage(await browser.newContext(), demo);
  const { finish } = await ownAuthorizer(page, { storage: "memory" }, mock.mcpUrl);
  const outcome = await finish();
  assert.ok(mock.requests.includes("POST /par"));
  return { outcome, asked };
}

test("where they are only offered, the request goes in the address", async (t) => {
  const { outcome, asked } = await attempt(t, {});
  assert.equal(outcome.code, undefined);
  assert.equal(asked.length, 1);
  assert.ok(asked[0].includes("code_challenge") && !asked[0].includes("request_uri"));
});

test("where they are required, the sign-in fails and says where", async (t) => {
  const { outcome, asked } = await attempt(t, { require_pushed_authorization_requests: true });
  assert.deepEqual(outcome, { code: "cors_blocked", step: "authorization" });
  assert.deepEqual(asked, []);
});
