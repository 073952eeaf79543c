// The demo's MCP server as a resource server: which tokens and proofs it accepts (RFC 6750, RFC 9449 §4.3, §7).

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";
import { mcpServer } from "../../www/servers/mcp-server.mjs";
import { hashOf, keyPair, proofFor } from "./proofs.mjs";
import { portOf } from "../../www/servers/port.mjs";

const servers = [];
let issuer;
let signingKey;
let owner;

async function listen() {
  const server = createServer();
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function startMcp(options) {
  const server = await listen();
  const url = `http://localhost:${portOf(server)}/mcp`;
  server.on("request", mcpServer({ url, issuer, ...options }));
  return url;
}

before(async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  signingKey = privateKey;
  owner = await keyPair();
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", use: "sig" }] });
  const server = await listen();
  issuer = `http://localhost:${portOf(server)}`;
  server.on("request", (request, response) => response.setHeader("Content-Type", "application/json").end(keys));
});

after(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** An access token of the issuer, bound to the key if there is one. */
async function tokenFor(url, key) {
  const claims = {
    client_id: "test",
    scope: "mcp:read",
    ...(key && { cnf: { jkt: await calculateJwkThumbprint(key.jwk) } }),
  };
  const token = new SignJWT(claims).setProtectedHeader({ typ: "at+jwt", alg: "ES256" });
  return token
    .setIssuer(issuer)
    .setSubject("alice")
    .setAudience(url)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(signingKey);
}

async function call(url, headers) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const accept = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const answer = await fetch(url, { method: "POST", headers: { ...accept, ...headers }, body });
  const challenge = answer.headers.get("WWW-Authenticate") ?? "";
  const [, error] = /error="(\w+)"/.exec(challenge) ?? [];
  return { status: answer.status, error, challenge, nonce: answer.headers.get("DPoP-Nonce") };
}

const result = ({ status, error }) => [status, error];

test("a bound token needs a proof with its key, and an unbound one must be a Bearer token", async () => {
  const url = await startMcp();
  const [bound, unbound] = [await tokenFor(url, owner), await tokenFor(url)];
  const proof = (token, key = owner) => proofFor({ ...key, method: "POST", url, token });
  const other = await keyPair();

  assert.deepEqual(result(await call(url, { Authorization: `DPoP ${bound}`, DPoP: await proof(bound) })), [
    200,
    undefined,
  ]);
  assert.deepEqual(result(await call(url, { Authorization: `Bearer ${unbound}` })), [200, undefined]);
  // RFC 9449 §7.2: "such a protected resource MUST reject a DPoP-bound access token received as a bearer token".
  assert.deepEqual(result(await call(url, { Authorization: `Bearer ${bound}` })), [401, "invalid_token"]);
  assert.deepEqual(result(await call(url, { Authorization: `DPoP ${bound}` })), [401, "invalid_dpop_proof"]);
  assert.deepEqual(result(await call(url, { Authorization: `DPoP ${bound}`, DPoP: await proof(bound, other) })), [
    401,
    "invalid_token",
  ]);
  assert.deepEqual(result(await call(url, { Authorization: `DPoP ${unbound}`, DPoP: await proof(unbound) })), [
    401,
    "invalid_token",
  ]);
});

test("a proof is valid only for its request, its token and a short time (RFC 9449 §4.3)", async () => {
  const url = await startMcp();
  const token = await tokenFor(url, owner);
  const present = async (change) => {
    const proof = await proofFor({ ...owner, method: "POST", url, token, ...change });
    return result(await call(url, { Authorization: `DPoP ${token}`, DPoP: proof }));
  };
  const now = Math.floor(Date.now() / 1000);
  assert.deepEqual(await present({}), [200, undefined]);
  // "ignoring any query and fragment parts"
  assert.deepEqual(await present({ url: `${url}?x=1` }), [200, undefined]);
  const { privateKey: leaked } = await generateKeyPair("ES256", { extractable: true });
  for (const change of [
    { method: "GET" },
    { url: `${url}/elsewhere` },
    { url: "http://localhost:1/mcp" },
    { url: "no URL" },
    { claims: { ath: hashOf("another token") } },
    { claims: { ath: undefined } },
    { claims: { jti: undefined } },
    { claims: { iat: undefined } },
    { claims: { iat: now - 120 } },
    { claims: { iat: now + 120 } },
    { header: { typ: "JWT" } },
    { header: { jwk: undefined } },
    // Signed with another key than the one it names.
    { key: leaked },
    // "does not contain a private key"
    { key: leaked, jwk: await exportJWK(leaked) },
  ]) {
    assert.deepEqual(await present(change), [401, "invalid_dpop_proof"], JSON.stringify(change));
  }
});

test("a replayed proof is rejected (RFC 9449 §11.1)", async () => {
  const url = await startMcp();
  const token = await tokenFor(url, owner);
  const headers = { Authorization: `DPoP ${token}`, DPoP: await proofFor({ ...owner, method: "POST", url, token }) };
  assert.deepEqual(result(await call(url, headers)), [200, undefined]);
  assert.deepEqual(result(await call(url, headers)), [401, "invalid_dpop_proof"]);
});

test("with nonces, only a proof with the server's nonce is accepted (RFC 9449 §9)", async () => {
  const url = await startMcp({ dpopNonces: true });
  const token = await tokenFor(url, owner);
  const present = async (nonce) => {
    const proof = await proofFor({ ...owner, method: "POST", url, token, claims: { nonce } });
    return call(url, { Authorization: `DPoP ${token}`, DPoP: proof });
  };
  const first = await present();
  assert.deepEqual(result(first), [401, "use_dpop_nonce"]);
  assert.ok(first.nonce);
  assert.deepEqual(result(await present(first.nonce)), [200, undefined]);
  assert.deepEqual(result(await present("made up")), [401, "use_dpop_nonce"]);
});

test("its metadata and its challenges say whether it accepts DPoP", async () => {
  const advertisesDpop = async (url) => {
    const metadata = await fetch(url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp"));
    const { dpop_signing_alg_values_supported: algorithms } = await metadata.json();
    const { status, challenge } = await call(url, {});
    assert.equal(status, 401);
    assert.match(challenge, /^Bearer .*resource_metadata=/);
    return [algorithms, /, DPoP algs="ES256"/.test(challenge)];
  };
  assert.deepEqual(await advertisesDpop(await startMcp()), [["ES256"], true]);
  assert.deepEqual(await advertisesDpop(await startMcp({ dpop: false })), [undefined, false]);
});
