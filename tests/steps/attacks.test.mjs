// Attacks between two steps: on the returned URL, on the stored values, and by servers. Each is rejected before any
// secret is sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  McpAuthorizeError,
  beginAuthorization,
  discover,
  finishAuthorization,
  refresh,
  revoke,
} from "mcp-authorize/steps";
import { startMock } from "../e2e/mock-server.mjs";

const AS = "/.well-known/oauth-authorization-server";
const REDIRECT_URI = "http://127.0.0.1:51004/callback";

const refusedWith = (code) => (error) => {
  assert.ok(error instanceof McpAuthorizeError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

/** A server, and a started sign-in. */
async function begun(t, bad = {}) {
  const refreshed = {
    access_token: "mock-token",
    token_type: "Bearer",
    refresh_token: "mock-refresh",
    expires_in: 300,
  };
  const server = await startMock({ "/token": () => ({ body: refreshed }), ...bad });
  t.after(() => server.close());
  const discovered = await discover(server.mcpUrl);
  const request = { discovered, client: { client_id: "mock-client" }, redirectUri: REDIRECT_URI };
  const { url, pending } = await beginAuthorization(request);
  const callback = (parameters) => {
    const target = new URL(REDIRECT_URI);
    for (const [name, value] of Object.entries({ code: "mock-code", state: pending.state, ...parameters }))
      if (value !== undefined) target.searchParams.set(name, value);
    return target.href;
  };
  const tokenRequests = () => server.requests.filter((line) => line === "POST /token").length;
  return { server, discovered, request, url, pending, callback, tokenRequests };
}

const withIss = {
  [AS]: (url, origin, good) => ({ body: { ...good.body, authorization_response_iss_parameter_supported: true } }),
};

test("a response is accepted only for its own request", async (t) => {
  const { server, url, pending, callback, tokenRequests } = await begun(t, withIss);
  assert.equal(new URL(url).searchParams.get("state"), pending.state);
  const attempt = (code, callbackUrl) => assert.rejects(finishAuthorization(pending, callbackUrl), refusedWith(code));
  const iss = server.origin;
  // OAuth 2.1 §4.1.2: the state is "the exact value received from the client".
  await attempt("state_mismatch", callback({ iss, state: undefined }));
  await attempt("state_mismatch", callback({ iss, state: "another" }));
  await attempt("state_mismatch", `${callback({ iss })}&state=${pending.state}`);
  // RFC 9207 §2.4
  await attempt("issuer_mismatch", callback({}));
  await attempt("issuer_mismatch", callback({ iss: "https://evil.example" }));
  await attempt("issuer_mismatch", callback({ iss: `${iss}/` }));
  // The response must arrive at the redirect URI.
  for (const elsewhere of [
    "http://127.0.0.1:51005/callback",
    "http://localhost:51004/callback",
    "http://127.0.0.1:51004/other",
  ])
    await attempt("state_mismatch", callback({ iss }).replace(REDIRECT_URI, elsewhere));
  await attempt("invalid_url", "/callback?code=mock-code");
  await attempt("access_denied", callback({ iss, code: undefined, error: "access_denied" }));
  await attempt("authorization_failed", callback({ iss, error: "server_error" }));
  assert.equal(tokenRequests(), 0);
  assert.equal((await finishAuthorization(pending, callback({ iss }))).access_token, "mock-token");
});

test("no step accepts a bare code", async (t) => {
  const { pending, tokenRequests } = await begun(t);
  for (const callbackUrl of ["mock-code", `${REDIRECT_URI}?code=mock-code`, "", undefined, null])
    await assert.rejects(finishAuthorization(pending, /** @type {any} */ (callbackUrl)), McpAuthorizeError);
  for (const nothing of [undefined, null, {}, { state: "s" }, "text", { ...pending, state: undefined }])
    await assert.rejects(
      finishAuthorization(/** @type {any} */ (nothing), `${REDIRECT_URI}?code=c&state=s`),
      McpAuthorizeError,
    );
  assert.equal(tokenRequests(), 0);
});

test("values stored between the steps are checked again", async (t) => {
  const { discovered, request, pending, callback, tokenRequests, server } = await begun(t);
  const begin = (change) => beginAuthorization({ ...request, discovered: { ...discovered, ...change } });
  const { authorizationServer, resourceMetadata } = discovered;
  const evil = "https://evil.example";
  const document = (change) => ({ ...authorizationServer, document: { ...authorizationServer.document, ...change } });
  // RFC 8414 §3.3, as for the server's response.
  await assert.rejects(begin({ authorizationServer: document({ issuer: evil }) }), refusedWith("issuer_mismatch"));
  // Another authorization server with its own document, which the resource does not list.
  const swapped = { issuer: evil, url: `${evil}${AS}`, document: { ...authorizationServer.document, issuer: evil } };
  await assert.rejects(begin({ authorizationServer: swapped }), refusedWith("issuer_mismatch"));
  // RFC 9728 §3.3
  const foreign = { ...resourceMetadata, document: { ...resourceMetadata.document, resource: `${evil}/mcp` } };
  await assert.rejects(begin({ resourceMetadata: foreign }), refusedWith("resource_mismatch"));
  // OAuth 2.1 §1.5
  for (const name of ["authorization_endpoint", "token_endpoint"])
    await assert.rejects(
      begin({ authorizationServer: document({ [name]: "http://as.example/x" }) }),
      refusedWith("insecure_url"),
    );
  await assert.rejects(
    begin({ authorizationServer: document({ code_challenge_methods_supported: [] }) }),
    refusedWith("pkce_unsupported"),
  );
  const finish = (change) => finishAuthorization({ ...pending, ...change }, callback({}));
  for (const change of [
    { state: "another" },
    { redirect_uri: "http://127.0.0.1:51005/callback" },
    { token_endpoint: "http://as.example/token" },
    { resource: `${evil}/mcp` },
    { v: 2 },
  ])
    await assert.rejects(finish(change), refusedWith("state_mismatch"), JSON.stringify(change));
  await assert.rejects(finish({ ends_at: Date.now() }), refusedWith("timeout"));
  assert.equal(tokenRequests(), 0);
  assert.equal((await finish({})).server, server.mcpUrl);
});

test("tokens with an untrusted endpoint are neither refreshed nor revoked", async (t) => {
  const { pending, callback, server } = await begun(t);
  const tokens = await finishAuthorization(pending, callback({}));
  const before = server.requests.length;
  for (const change of [
    { token_endpoint: "http://as.example/token" },
    { token_endpoint: "javascript:alert(1)" },
    { revocation_endpoint: "http://as.example/revoke" },
    { server: "https://evil.example/mcp" },
    { resource: "https://evil.example" },
    { access_token: undefined },
  ]) {
    await assert.rejects(refresh({ ...tokens, ...change }), refusedWith("invalid_option"), JSON.stringify(change));
    await assert.rejects(revoke({ ...tokens, ...change }), refusedWith("invalid_option"), JSON.stringify(change));
  }
  assert.equal(server.requests.length, before);
});

test("a code can be exchanged only once", async (t) => {
  // RFC 6749 §4.1.2: "If an authorization code is used more than once, the authorization server MUST deny the request".
  let used = 0;
  const { pending, callback } = await begun(t, {
    "/token": (url, origin, good) => (++used > 1 ? { status: 400, body: { error: "invalid_grant" } } : good),
  });
  await finishAuthorization(pending, callback({}));
  await assert.rejects(finishAuthorization(pending, callback({})), (/** @type {any} */ error) => {
    assert.equal(error.serverError, "invalid_grant");
    return refusedWith("token_failed")(error);
  });
});

test("errors contain no secrets", async (t) => {
  const { pending, callback } = await begun(t, {
    "/token": (url, origin, good, sent) => ({ status: 400, body: { error: "invalid_grant", error_description: sent } }),
  });
  const error = await finishAuthorization(pending, callback({})).catch((error) => error);
  assert.equal(error.code, "token_failed");
  const text = JSON.stringify({ ...error, message: error.message, stack: error.stack });
  for (const secret of ["mock-code", pending.verifier]) assert.ok(!text.includes(String(secret)), text);
});
