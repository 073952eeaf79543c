// Pushed authorization requests (RFC 9126) at servers without CORS headers at that endpoint: the page can't read the
// response. journey.test.mjs tests a server that supports them.

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

/** Signs in at a server whose pushed request endpoint has no CORS headers for this page. */
async function attempt(t, metadata) {
  const authorizationRequests = [];
  const mock = await startMock({
    "/.well-known/oauth-authorization-server": (url, origin, good) => ({
      body: { ...good.body, pushed_authorization_request_endpoint: `${origin}/par`, ...metadata },
    }),
    "/par": () => ({
      status: 201,
      headers: { "Access-Control-Allow-Origin": "https://elsewhere.example" },
      body: { request_uri: "urn:example:1", expires_in: 60 },
    }),
    "/authorize": (url, origin, good) => (authorizationRequests.push([...url.searchParams.keys()]), good),
  });
  t.after(mock.close);
  const page = await openPage(await browser.newContext(), demo);
  const { finish } = await ownAuthorizer(page, { storage: "memory" }, mock.mcpUrl);
  const outcome = await finish();
  assert.ok(mock.requests.includes("POST /par"));
  return { outcome, authorizationRequests };
}

test("if pushing is optional, the request's parameters go into the URL", async (t) => {
  const { outcome, authorizationRequests } = await attempt(t, {});
  assert.equal(outcome.code, undefined);
  assert.equal(authorizationRequests.length, 1);
  assert.ok(authorizationRequests[0].includes("code_challenge") && !authorizationRequests[0].includes("request_uri"));
});

test("if pushing is required, the sign-in fails with cors_blocked at the step authorization", async (t) => {
  const { outcome, authorizationRequests } = await attempt(t, { require_pushed_authorization_requests: true });
  assert.deepEqual(outcome, { code: "cors_blocked", step: "authorization" });
  assert.deepEqual(authorizationRequests, []);
});
