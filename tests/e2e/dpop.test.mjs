// Tokens that are bound to a key (DPoP, RFC 9449): in Chromium, against oidc-provider and the demo's MCP server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from "jose";
import {
  callTool,
  consent,
  freshDemo,
  launchBrowser,
  logIn,
  openPage,
  ownAuthorizer,
  signIn,
  textIn,
} from "./browser.mjs";
import { startMock } from "./mock-server.mjs";
import { keyPair, proofFor } from "./proofs.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** A demo, its page, and a record of its requests to both servers. */
async function fresh(t, options) {
  const { demo, context } = await freshDemo(t, browser, options);
  const exchanges = [];
  context.on("response", (response) => {
    const request = response.request();
    const { authorization, dpop } = request.headers();
    const at = { [`${demo.issuer}/request`]: "par", [`${demo.issuer}/token`]: "token", [demo.mcpUrl]: "mcp" }[
      request.url()
    ];
    if (!at || request.method() === "OPTIONS") return;
    const form = at === "mcp" ? {} : Object.fromEntries(new URLSearchParams(request.postData()));
    exchanges.push({ at, method: request.method(), status: response.status(), authorization, dpop, form });
  });
  const seen = (at) => exchanges.filter((exchange) => exchange.at === at);
  return { demo, context, page: await openPage(context, demo), seen };
}

const tokenOf = ({ authorization }) => authorization?.split(" ")[1];
const thumbprintOf = (proof) => calculateJwkThumbprint(decodeProtectedHeader(proof).jwk);

/** The MCP server's response to somebody else's request. */
async function present(demo, { authorization, dpop }) {
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  if (dpop) headers.DPoP = dpop;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const answer = await fetch(demo.mcpUrl, {
    method: "POST",
    headers: { ...headers, Authorization: authorization },
    body,
  });
  return { status: answer.status, challenge: answer.headers.get("WWW-Authenticate") };
}

test("signs in, calls and refreshes with one key that can't be copied", async (t) => {
  const { demo, page, seen } = await fresh(t);
  await signIn(page);
  await page.getByRole("button", { name: "Refresh now" }).click();
  await textIn(page, "#steps .note", "One refresh for all tabs");
  const claims = JSON.parse(await callTool(page, "whoami"));

  await t.test("each request has a proof of the key that the tokens are bound to", async () => {
    const proofs = [...seen("par"), ...seen("token"), ...seen("mcp").filter(tokenOf)].map(({ dpop }) => dpop);
    assert.deepEqual(
      seen("token").map(({ form }) => form.grant_type),
      ["authorization_code", "refresh_token"],
    );
    const keys = new Set(await Promise.all(proofs.map(thumbprintOf)));
    assert.deepEqual([...keys], [claims.cnf.jkt]);
    assert.equal(seen("par")[0].form.dpop_jkt, claims.cnf.jkt);
    // RFC 9449 §4.2: `jti` is unique; §7: `ath` goes with an access token.
    assert.equal(new Set(proofs.map((proof) => decodeJwt(proof).jti)).size, proofs.length);
    for (const { authorization, dpop } of seen("mcp").filter(tokenOf)) {
      assert.match(authorization, /^DPoP /);
      assert.ok(decodeJwt(dpop).ath);
    }
  });

  await t.test("the key in IndexedDB can't be exported (RFC 9449 §11.8)", async () => {
    const found = await page.evaluate(async (issuer) => {
      const promise = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await promise(indexedDB.open("mcp-authorize"));
      const keys = database.transaction("keys").objectStore("keys");
      const names = await promise(keys.getAllKeys());
      const name = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`dpop ${issuer}`));
      const pairs = database.transaction("keys").objectStore("keys");
      const { privateKey, publicKey } = await promise(pairs.get(name));
      database.close();
      const attempt = (format, key) =>
        crypto.subtle.exportKey(format, key).then(
          () => "exported",
          ({ name }) => name,
        );
      return {
        names: names.map((own) => (typeof own === "string" ? own : indexedDB.cmp(own, name))),
        extractable: privateKey.extractable,
        private: [await attempt("jwk", privateKey), await attempt("pkcs8", privateKey)],
        public: await attempt("jwk", publicKey),
      };
    }, demo.issuer);
    assert.deepEqual(found, {
      // The key that encrypts the records, and one for each issuer, named by a hash.
      names: ["records", 0],
      extractable: false,
      private: ["InvalidAccessError", "InvalidAccessError"],
      public: "exported",
    });
  });

  await t.test("a stolen access token is useless without the key", async () => {
    const call = seen("mcp").findLast(({ status, method }) => status === 200 && method === "POST");
    const token = tokenOf(call);
    const { key, jwk } = await keyPair();
    const proof = await proofFor({ key, jwk, method: "POST", url: demo.mcpUrl, token });
    for (const [attempt, error] of [
      [{ authorization: `Bearer ${token}` }, "invalid_token"],
      [{ authorization: `DPoP ${token}` }, "invalid_dpop_proof"],
      [{ authorization: `DPoP ${token}`, dpop: proof }, "invalid_token"],
      [{ authorization: `Bearer ${token}`, dpop: proof }, "invalid_token"],
      // The same request that succeeded before.
      [call, "invalid_dpop_proof"],
    ]) {
      const { status, challenge } = await present(demo, attempt);
      assert.equal(status, 401);
      assert.match(challenge, new RegExp(`error="${error}"`));
      assert.match(challenge, /DPoP .*algs="ES256"/);
    }
    // The owner can still use the token.
    assert.equal(JSON.parse(await callTool(page, "whoami")).sub, claims.sub);
  });

  await t.test("a stolen refresh token is useless without the key (RFC 9449 §5)", async () => {
    const url = `${demo.issuer}/token`;
    const { form } = seen("token").at(-1);
    // The next token response is intercepted.
    const intercepted = new Promise((resolve) =>
      page.route(
        url,
        async (route) => {
          resolve(await (await route.fetch()).json());
          await route.abort();
        },
        { times: 1 },
      ),
    );
    await page.getByRole("button", { name: "Refresh now" }).click();
    const { refresh_token } = await intercepted;
    const refresh = async (headers) => {
      const answer = await fetch(url, {
        method: "POST",
        body: new URLSearchParams({ ...form, refresh_token }),
        headers,
      });
      return answer.json();
    };
    const { key, jwk } = await keyPair();
    const proof = await proofFor({ key, jwk, method: "POST", url });
    assert.equal((await refresh({})).error, "invalid_grant");
    assert.equal((await refresh({ DPoP: proof })).error, "invalid_grant");
  });
});

test("a request is retried once with the server's nonce, which is remembered for its origin (RFC 9449 §8, §9)", async (t) => {
  const { demo, page, seen } = await fresh(t, { dpopNonces: true });
  await signIn(page);
  const nonceIn = ({ dpop }) => decodeJwt(dpop).nonce;

  const statuses = (at) =>
    seen(at)
      .filter(({ dpop }) => dpop)
      .map(({ status }) => status);
  assert.deepEqual(statuses("par"), [400, 201]);
  // The token endpoint has the same origin, so the nonce is known already.
  assert.deepEqual(statuses("token"), [200]);
  const [first, second, ...others] = statuses("mcp");
  assert.deepEqual([first, second], [401, 200]);
  assert.ok(!others.includes(401));
  for (const at of ["par", "mcp"]) {
    const [without, ...rest] = seen(at).filter(({ dpop }) => dpop);
    assert.equal(nonceIn(without), undefined);
    assert.ok(rest.every(nonceIn));
  }
  // Each origin has its own nonce.
  assert.notEqual(nonceIn(seen("token")[0]), nonceIn(seen("mcp").at(-1)));

  const refreshed = page.waitForResponse(`${demo.issuer}/token`);
  await page.getByRole("button", { name: "Refresh now" }).click();
  await refreshed;
  assert.deepEqual(statuses("token"), [200, 200]);
  const before = seen("mcp").length;
  await callTool(page, "whoami");
  assert.deepEqual(
    seen("mcp")
      .slice(before)
      .map(({ status }) => status),
    [200],
  );
});

test("with `dpop: off`, tokens are Bearer tokens and no proof is sent", async (t) => {
  const { demo, page, seen } = await fresh(t);
  const { popup, finish } = await ownAuthorizer(page, { dpop: "off", storage: "memory" }, demo.mcpUrl);
  await logIn(popup);
  await consent(popup);
  await finish();
  const status = await page.evaluate(async (server) => {
    const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    return (await session.fetch(server, { method: "POST", headers, body })).status;
  }, demo.mcpUrl);
  assert.equal(status, 200);
  assert.match(seen("mcp").at(-1).authorization, /^Bearer /);
  assert.ok([...seen("par"), ...seen("token"), ...seen("mcp")].every(({ dpop }) => dpop === undefined));
});

test("with `dpop: require`, a Bearer token is rejected and not used", async (t) => {
  const { page } = await fresh(t);
  const mock = await startMock({
    "/.well-known/oauth-authorization-server": (url, origin, good) => ({
      body: { ...good.body, dpop_signing_alg_values_supported: ["ES256"] },
    }),
  });
  t.after(mock.close);
  const { finish } = await ownAuthorizer(page, { dpop: "require", storage: "memory" }, mock.mcpUrl);
  assert.deepEqual(await finish(), { code: "dpop_unsupported", step: "token" });
  assert.equal(mock.requests.filter((request) => request === "POST /mcp").length, 1);
});
