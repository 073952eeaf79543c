// Each step on its own, in Node.js: against the demo's real servers if they support it, otherwise against a mock
// server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { before, after, test } from "node:test";
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from "jose";
import * as steps from "mcp-authorize/steps";
import { authorizationServer } from "../../www/servers/authorization-server.mjs";
import { mcpServer, SCOPES } from "../../www/servers/mcp-server.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { redirect, startMock } from "../e2e/mock-server.mjs";

const REDIRECT_URI = "http://127.0.0.1:51004/callback";
const stored = (value) => JSON.parse(JSON.stringify(value));

let world;
before(async () => void (world = await startServers()));
after(() => world.close());

/** The demo's servers, with two pre-registered machine clients. */
async function startServers() {
  const servers = [createServer(), createServer()];
  for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
  const [issuer, origin] = servers.map((server) => `http://localhost:${portOf(server)}`);
  const server = `${origin}/mcp`;
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const machine = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [] };
  const clients = [
    {
      ...machine,
      client_id: "by-secret",
      client_secret: "a secret",
      token_endpoint_auth_method: "client_secret_basic",
    },
    {
      ...machine,
      client_id: "by-key",
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      jwks: { keys: [await exportJWK(publicKey)] },
    },
  ];
  const issuing = { issuer, resource: server, scopes: SCOPES, accessTokenSeconds: 300, refreshTokens: true };
  servers[0].on("request", await authorizationServer({ ...issuing, clients, dpopNonces: true }));
  servers[1].on("request", mcpServer({ url: server, issuer, dpop: true }));
  const close = () => servers.forEach((server) => (server.closeAllConnections(), server.close()));
  return { server, issuer, privateKey, close };
}

/** A mock server for one test. */
async function mock(t, bad = {}) {
  const server = await startMock(bad);
  t.after(() => server.close());
  return server;
}

test("discover returns the documents and their URLs", async () => {
  const found = await steps.discover(new URL(world.server));
  assert.deepEqual(found, stored(found));
  const prm = world.server.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
  assert.deepEqual([found.server, found.resource, found.resourceMetadata?.url], [world.server, world.server, prm]);
  assert.match(found.challenge, /resource_metadata=/);
  assert.deepEqual(found.authorizationServers, [world.issuer]);
  assert.equal(found.authorizationServer.url, `${world.issuer}/.well-known/oauth-authorization-server`);
  assert.equal(found.authorizationServer.document?.issuer, world.issuer);
  assert.ok(found.scopes.length > 0);
});

test("every step that sends requests accepts fetch, signal and requestTimeout", async (t) => {
  const requested = [];
  const fetch = (url, init) => (requested.push(String(url)), globalThis.fetch(url, init));
  const discovered = await steps.discover(world.server, { fetch });
  assert.ok(requested.includes(world.server) && requested.length >= 3, requested.join());
  const never = () => new Promise(() => {});
  const metadata = ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"];
  const server = await mock(t, Object.fromEntries(["/mcp", ...metadata].map((path) => [path, never])));
  const controller = new AbortController();
  const waiting = steps.discover(server.mcpUrl, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, ({ code, cause }) => code === "aborted" && cause.message === "enough");
  await assert.rejects(steps.discover(server.mcpUrl, { requestTimeout: 50 }), ({ code }) => code === "timeout");
  const aborted = AbortSignal.abort();
  const client = { client_id: "by-secret", client_secret: "a secret", issuer: world.issuer };
  await assert.rejects(
    steps.clientCredentials({ discovered, client, signal: aborted }),
    ({ code }) => code === "aborted",
  );
});

test("a registered client has the issuer that registered it", async () => {
  const { authorizationServer } = await steps.discover(world.server);
  const registered = await steps.register(authorizationServer, { clientName: "Test", redirectUri: REDIRECT_URI });
  assert.equal(registered.issuer, world.issuer);
  assert.equal(registered.token_endpoint_auth_method, "none");
  assert.ok(registered.client_id);
  const unnamed = /** @type {any} */ ({ redirectUri: REDIRECT_URI });
  await assert.rejects(steps.register(authorizationServer, unnamed), ({ code }) => code === "invalid_option");
});

test("an initial access token is sent to the registration endpoint", async (t) => {
  let authorization;
  const server = await mock(t, { "/mcp": (url, origin, good) => good });
  const { authorizationServer } = await steps.discover(server.mcpUrl);
  const fetch = (url, init) => (
    (authorization = new Headers(init.headers).get("Authorization")),
    globalThis.fetch(url, init)
  );
  const client = { clientName: "Test", redirectUri: REDIRECT_URI };
  await steps.register(authorizationServer, client, { fetch, initialAccessToken: "initial" });
  assert.equal(authorization, "Bearer initial");
});

test("createPkce follows RFC 7636", async () => {
  const { verifier, challenge, method } = await steps.createPkce();
  assert.match(verifier, /^[\w-]{43}$/);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  assert.equal(challenge, Buffer.from(hash).toString("base64url"));
  assert.equal(method, "S256");
  assert.notEqual((await steps.createPkce()).verifier, verifier);
});

test("a user signs in, tokens are refreshed and revoked", async (t) => {
  const revoked = [];
  const server = await mock(t, {
    "/.well-known/oauth-authorization-server": (url, origin, good) => ({
      body: { ...good.body, revocation_endpoint: `${origin}/revoke` },
    }),
    "/token": (url, origin, good, sent) => ({
      body: {
        ...good.body,
        refresh_token: "mock-refresh",
        access_token: sent.includes("refresh") ? "second" : "first",
      },
    }),
    "/revoke": (url, origin, good, sent) => (revoked.push(new URLSearchParams(sent).get("token")), { body: {} }),
    "/authorize": (url) => redirect(url, { code: "mock-code", state: url.searchParams.get("state") }),
  });
  const discovered = stored(await steps.discover(server.mcpUrl));
  const client = { client_id: "mock-client" };
  const authorizationParameters = { login_hint: "alice" };
  const { url, pending } = await steps.beginAuthorization({
    discovered,
    client,
    redirectUri: new URL(REDIRECT_URI),
    scopes: ["a"],
    authorizationParameters,
  });
  const sent = new URL(url).searchParams;
  assert.deepEqual(
    ["response_type", "client_id", "scope", "resource", "code_challenge_method", "login_hint"].map((name) =>
      sent.get(name),
    ),
    ["code", "mock-client", "a", server.mcpUrl, "S256", "alice"],
  );
  const response = await fetch(url, { redirect: "manual" });
  const now = Date.now();
  const first = stored(await steps.finishAuthorization(stored(pending), response.headers.get("Location") ?? ""));
  assert.deepEqual([first.access_token, first.token_type, first.granted], ["first", "Bearer", ["a"]]);
  assert.ok(first.expires_at >= now + 300_000 && first.expires_at <= Date.now() + 300_000);
  assert.ok(first.refresh_at < first.expires_at);
  const second = await steps.refresh(first);
  assert.deepEqual([second.access_token, second.refresh_token], ["second", "mock-refresh"]);
  assert.equal(await steps.revoke(second), true);
  assert.deepEqual(revoked, ["mock-refresh", "second"]);
});

test("a machine gets tokens with its secret or its key, and can bind them to a DPoP key", async () => {
  const discovered = await steps.discover(world.server);
  const clientKey = {
    key: await crypto.subtle.importKey(
      "jwk",
      /** @type {any} */ (await exportJWK(world.privateKey)),
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["sign"],
    ),
  };
  const bySecret = { client_id: "by-secret", client_secret: "a secret", issuer: world.issuer };
  const byKey = { client_id: "by-key", issuer: world.issuer };
  const dpopKey = await steps.createDpopKey();
  for (const request of [{ client: bySecret }, { client: byKey, clientKey }]) {
    const bearer = await steps.clientCredentials({ discovered, ...request });
    assert.equal(bearer.token_type, "Bearer");
    assert.equal(decodeJwt(bearer.access_token).client_id, request.client.client_id);
    // The server requires a nonce in each proof (RFC 9449 §8).
    const bound = await steps.clientCredentials({ discovered, ...request, dpopKey, dpop: "require" });
    assert.equal(bound.token_type, "DPoP");
    assert.equal(bound.dpop_jkt, dpopKey.thumbprint);
    assert.equal(/** @type {any} */ (decodeJwt(bound.access_token)).cnf.jkt, dpopKey.thumbprint);
    const key = dpopKey;
    const proof = await steps.dpopProof({ key, method: "POST", url: world.server, accessToken: bound.access_token });
    const answer = await call(world.server, `DPoP ${bound.access_token}`, proof);
    assert.equal(answer.status, 200, await answer.text());
  }
  const elsewhere = { ...bySecret, issuer: "https://evil.example" };
  await assert.rejects(
    steps.clientCredentials({ discovered, client: elsewhere }),
    ({ code }) => code === "client_mismatch",
  );
  const withoutIssuer = { client_id: "by-secret", client_secret: "a secret" };
  await assert.rejects(
    steps.clientCredentials({ discovered, client: withoutIssuer }),
    ({ code }) => code === "invalid_option",
  );
  const bare = /** @type {any} */ ({ discovered, client: bySecret, dpop: "require" });
  await assert.rejects(steps.clientCredentials(bare), ({ code }) => code === "invalid_option");
});

function call(url, authorization, proof) {
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "whoami", arguments: {} },
  });
  return fetch(url, { method: "POST", headers: { ...headers, Authorization: authorization, DPoP: proof }, body });
}

test("a proof has the header and claims of RFC 9449 §4.2", async () => {
  const key = await steps.createDpopKey({ extractable: true });
  const jwk = await crypto.subtle.exportKey("jwk", key.privateKey);
  assert.equal(key.thumbprint, await calculateJwkThumbprint(/** @type {any} */ ({ ...jwk, d: undefined })));
  const request = { key, method: "GET", url: `${world.server}?q=1`, accessToken: "token", nonce: "n" };
  const proof = await steps.dpopProof(request);
  const { jwk: shown, ...header } = decodeProtectedHeader(proof);
  assert.deepEqual(header, { typ: "dpop+jwt", alg: "ES256" });
  assert.equal(await calculateJwkThumbprint(/** @type {any} */ (shown)), key.thumbprint);
  const { htm, htu, nonce, ath, jti, iat } = /** @type {any} */ (decodeJwt(proof));
  assert.deepEqual([htm, htu, nonce], ["GET", world.server, "n"]);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("token"));
  assert.equal(ath, Buffer.from(hash).toString("base64url"));
  assert.ok(jti && Math.abs(iat - Date.now() / 1000) < 5);
  const locked = await steps.createDpopKey();
  await assert.rejects(crypto.subtle.exportKey("jwk", locked.privateKey));
  const none = /** @type {any} */ ({});
  await assert.rejects(steps.dpopProof({ ...request, key: none }), ({ code }) => code === "invalid_option");
});

test("a user signs in on another device", async (t) => {
  let polls = 0;
  const server = await mock(t, {
    "/.well-known/oauth-authorization-server": (url, origin, good) => ({
      body: { ...good.body, device_authorization_endpoint: `${origin}/device` },
    }),
    "/device": (url, origin) => ({
      body: { device_code: "d", user_code: "WDJB-MJHT", verification_uri: `${origin}/d`, expires_in: 60, interval: 1 },
    }),
    "/token": (url, origin, good) => (++polls < 2 ? { status: 400, body: { error: "authorization_pending" } } : good),
  });
  const discovered = await steps.discover(server.mcpUrl);
  const { pending, ...shown } = await steps.deviceAuthorization({ discovered, client: { client_id: "c" } });
  assert.deepEqual(shown, { user_code: "WDJB-MJHT", verification_uri: `${server.origin}/d`, expires_in: 60 });
  assert.equal((await steps.finishDeviceAuthorization(stored(pending))).access_token, "mock-token");
  assert.equal(polls, 2);
  polls = -Infinity;
  const controller = new AbortController();
  const waiting = steps.finishDeviceAuthorization(pending, { signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, ({ code }) => code === "aborted");
});

test("a user signs in with their organisation's ID token", async (t) => {
  const jag = "urn:ietf:params:oauth:token-type:id-jag";
  const sent = {};
  const server = await mock(t, {
    "/idp": (url, origin, good, body) => {
      sent.idp = Object.fromEntries(new URLSearchParams(body));
      return { body: { access_token: "the-jag", issued_token_type: jag, token_type: "N_A" } };
    },
    "/token": (url, origin, good, body) => ((sent.token = Object.fromEntries(new URLSearchParams(body))), good),
  });
  const discovered = await steps.discover(server.mcpUrl);
  const tokenEndpoint = new URL(`${server.origin}/idp`);
  const exchange = { discovered, tokenEndpoint, clientId: "at-idp", subjectToken: "id-token" };
  const exchanged = await steps.exchangeToken(exchange);
  assert.deepEqual(exchanged, { access_token: "the-jag", issued_token_type: jag });
  assert.deepEqual(
    [sent.idp.audience, sent.idp.resource, sent.idp.client_id],
    [server.origin, server.mcpUrl, "at-idp"],
  );
  const tokens = await steps.jwtBearer({ discovered, client: { client_id: "c" }, assertion: exchanged.access_token });
  assert.deepEqual([tokens.access_token, sent.token.assertion], ["mock-token", "the-jag"]);
  const requestedTokenType = "urn:ietf:params:oauth:token-type:access_token";
  await assert.rejects(
    steps.exchangeToken({ ...exchange, requestedTokenType }),
    ({ code }) => code === "invalid_response",
  );
});

test("a challenge is parsed by the grammar of RFC 9110", async () => {
  const header =
    'Basic realm="x", Bearer error="insufficient_scope", scope="a b", resource_metadata="https://a.example/m", scope="c"';
  const parsed = await steps.parseChallenge(header);
  assert.deepEqual(parsed, {
    challenges: [
      { scheme: "basic", parameters: { realm: "x" } },
      {
        scheme: "bearer",
        parameters: { error: "insufficient_scope", scope: "a b", resource_metadata: "https://a.example/m" },
      },
    ],
    resource_metadata: "https://a.example/m",
    scope: "a b",
    error: "insufficient_scope",
  });
  assert.deepEqual(await steps.parseChallenge(""), { challenges: [] });
  assert.deepEqual(await steps.scopesForStepUp(["c"], header), ["c", "a", "b"]);
  assert.equal(await steps.scopesForStepUp(["c"], 'Bearer error="invalid_token"'), null);
});

test("a resource is the server or a parent of it", async () => {
  const server = "https://mcp.example/mcp";
  assert.equal(await steps.selectResource(server), server);
  assert.equal(await steps.selectResource(server, { resource: "https://mcp.example" }), "https://mcp.example");
  const foreign = { resource: "https://evil.example" };
  await assert.rejects(steps.selectResource(server, foreign), ({ code }) => code === "resource_mismatch");
});

test("a client ID metadata document is created and checked", async () => {
  const url = "https://app.example/client.json";
  const redirectUri = "https://app.example/callback";
  const redirectUris = [redirectUri, "http://localhost:3000/callback"];
  const document = await steps.clientMetadataDocument({ url, clientName: "Example", redirectUris });
  assert.deepEqual(document, {
    client_id: url,
    client_name: "Example",
    redirect_uris: redirectUris,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: "web",
  });
  const check = async (hosted, status = 200) => {
    const fetch = async () => Response.json(hosted, { status });
    const findings = await steps.checkClientMetadataDocument(url, { redirectUri, fetch });
    return findings.filter(({ status }) => status !== "pass").map(({ id, status }) => `${status} ${id}`);
  };
  assert.deepEqual(await check(document), []);
  const failure = (name) => [`failure registration.document.${name}`];
  assert.deepEqual(await check({ ...document, client_id: `${url}#` }), failure("client_id"));
  assert.deepEqual(await check({ ...document, client_name: "" }), failure("client_name"));
  assert.deepEqual(await check({ ...document, redirect_uris: [`${redirectUri}/`] }), failure("redirect_uris"));
  assert.deepEqual(await check({ ...document, redirect_uris: [] }), failure("redirect_uris"));
  assert.deepEqual(await check({ ...document, redirect_uris: ["http://app.example/x"] }), failure("redirect_uris"));
  for (const change of [
    { token_endpoint_auth_method: "client_secret_post" },
    { token_endpoint_auth_method: undefined },
    { client_secret: "s" },
  ])
    assert.deepEqual(await check({ ...document, ...change }), failure("authentication"));
  const byKey = { ...document, token_endpoint_auth_method: "private_key_jwt" };
  assert.deepEqual(await check(byKey), failure("authentication"));
  assert.deepEqual(await check({ ...byKey, jwks_uri: "https://app.example/jwks" }), []);
  assert.deepEqual(await check({ ...document, more: "x".repeat(6000) }), ["warning registration.document.size"]);
  assert.deepEqual(await check([document]), failure("json"));
  assert.deepEqual(await check(document, 404), failure("found"));
  assert.deepEqual(await check(document, 302), failure("found"));
  const [finding] = await steps.checkClientMetadataDocument("http://app.example/client.json");
  assert.deepEqual([finding.id, finding.status], ["registration.document.url", "failure"]);
});
