// Enterprise-managed authorization (SEP-990) in Chromium: one sign-in at the organisation's identity provider gives
// access to all its MCP servers.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { DOCUMENT_URL, startOrganisation } from "./organisation.mjs";
import { allowButton, launchBrowser, logIn, popupOf, ready, startWorld, test } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/**
 * A tab with an authorizer for an organisation.
 *
 * @param {Pick<import("node:test").TestContext, "after">} t
 * @param {Partial<Parameters<typeof startOrganisation>[1]> & { provider?: object, scopes?: string[] }} [given]
 *   `provider` has more of the app's options for the identity provider; `scopes` is the app's option
 */
async function start(t, { provider = {}, scopes, ...options } = {}) {
  const world = await startWorld(t, browser, { entry: "enterprise" });
  const redirectUri = `${world.pageUrl}callback.html`;
  const keyed = await world.tab(() => {});
  // The private key never leaves the page. The app's metadata document has the public key.
  const jwk = await keyed.evaluate(async () => {
    const usages = /** @type {KeyUsage[]} */ (["sign", "verify"]);
    const { publicKey, privateKey } = await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      usages,
    );
    app.key = privateKey;
    return crypto.subtle.exportKey("jwk", publicKey);
  });
  const { kty, crv, x, y } = jwk;
  const own = { kty, crv, x, y, kid: "app", alg: "ES256", use: "sig" };
  const organisation = await startOrganisation(t, { redirectUri, jwk: own, ...options });
  const given = { document: DOCUMENT_URL, issuer: organisation.issuer, provider, scopes };
  const begin = (tab) =>
    tab.evaluate(
      ({ document, issuer, provider, scopes }) =>
        app.start({
          scopes,
          clientIdMetadataUrl: document,
          clientKey: app.key && { key: app.key, id: "app" },
          grant: { type: "id_jag", identityProvider: { issuer, clientId: "app-at-idp", ...provider } },
        }),
      given,
    );
  await begin(keyed);
  return { world, organisation, tab: keyed, begin };
}

/** Signs in at the identity provider, and consents. */
async function signIn(tab, server) {
  await tab.evaluate((server) => void (app.server = server), server);
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  await logIn(popup);
  await allowButton(popup).click();
  await tab.evaluate(() => app.signingIn);
}

/** Signs in to a server without a popup. */
async function signInSilently(tab, server) {
  await tab.evaluate((server) => void (app.server = server), server);
  await tab.locator("#sign-in").click();
  await tab.evaluate(() => app.signingIn);
}

const call = (tab, server) =>
  tab.evaluate(async (server) => {
    const session = await app.authorizer.restore(server);
    const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    return (await session.fetch(server, { method: "POST", headers, body })).status;
  }, server);

test("one sign-in gives access to every server of the organisation, in all tabs and after reloads", async (t) => {
  const { world, organisation, tab, begin } = await start(t);
  const [first, second] = organisation.mcpUrls;
  await signIn(tab, first);
  assert.equal(await call(tab, first), 200);
  const { user, issuer } = await tab.evaluate(() => ({ user: app.session.user, issuer: app.session.issuer }));
  assert.deepEqual(user, { sub: "alice", name: "alice of the organisation" });
  assert.equal(issuer, organisation.audiences[0]);

  // draft-ietf-oauth-client-id-metadata-document §6.2: oidc-provider has checked the assertion against the document's key.
  const [{ form }] = organisation.log.authorization;
  assert.equal(form.client_id, DOCUMENT_URL);
  assert.match(form.client_assertion_type, /jwt-bearer$/);

  const popups = world.popups.length;
  await signInSilently(tab, second);
  assert.equal(await call(tab, second), 200);
  assert.deepEqual([world.popups.length, organisation.log.pages], [popups, 1]);

  // Another tab, and this one after a reload, have the sessions without opening a page.
  const other = await world.tab(() => {});
  await begin(other);
  assert.equal(await call(other, first), 200);
  await tab.reload();
  await ready(tab);
  await begin(tab);
  assert.equal(await call(tab, second), 200);
  await tab.evaluate((server) => app.outcome(app.authorizer.signIn(server)), second);
  assert.deepEqual([world.popups.length, organisation.log.pages], [popups, 1]);
  const secrets = [...organisation.log.provider, ...organisation.log.authorization].flatMap(({ form }) =>
    [form.subject_token, form.assertion, form.code, form.code_verifier, form.client_assertion].filter(Boolean),
  );
  assert.ok(secrets.length >= 5);
  const records = JSON.stringify(await other.evaluate(() => [app.events, app.exchanges]));
  for (const secret of secrets) assert.ok(!records.includes(secret));
});

test("the app can use a refresh token as the subject and basic authentication, and gets fewer scopes than requested", async (t) => {
  const { organisation, tab } = await start(t, {
    provider: { clientSecret: "hush hush", authentication: "client_secret_basic", subjectToken: "refresh_token" },
    secret: "hush hush",
    scopes: ["mcp:read", "mcp:write"],
    granted: ["mcp:read"],
  });
  const [server] = organisation.mcpUrls;
  await signIn(tab, server);
  const exchange = organisation.log.provider.find(({ form }) => form.subject_token);
  assert.equal(exchange.form.subject_token_type, "urn:ietf:params:oauth:token-type:refresh_token");
  assert.match(exchange.authorization, /^Basic /);
  assert.equal(exchange.form.scope, "mcp:read mcp:write");
  assert.deepEqual(await tab.evaluate(() => [...app.session.scopes]), ["mcp:read"]);
  assert.equal(await call(tab, server), 200);
});

test("an expired ID token is refreshed without opening a page", async (t) => {
  const { world, organisation, tab } = await start(t, { idTokenSeconds: 20 });
  const [first, second] = organisation.mcpUrls;
  await signIn(tab, first);
  const popups = world.popups.length;
  // In its last 30 seconds, a token counts as expired.
  await signInSilently(tab, second);
  assert.equal(await call(tab, second), 200);
  assert.equal(organisation.log.provider.filter(({ form }) => form.grant_type === "refresh_token").length, 1);
  assert.deepEqual([world.popups.length, organisation.log.pages], [popups, 1]);
});

test("signing out of the identity provider revokes its tokens, and the next sign-in asks the user", async (t) => {
  const { organisation, tab } = await start(t);
  const [first, second] = organisation.mcpUrls;
  await signIn(tab, first);
  assert.equal(await tab.evaluate(() => app.authorizer.signOutOfIdentityProvider()), true);
  assert.equal(await call(tab, first), 200);
  await tab.evaluate((server) => void (app.server = server), second);
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  // The provider still has its own session, so it asks only for consent.
  await allowButton(popup).click();
  await tab.evaluate(() => app.signingIn);
  assert.equal(organisation.log.pages, 2);
});

test("invalid options are rejected, and the message names the option", async (t) => {
  const { tab } = await start(t);
  const wrong = (options) =>
    tab.evaluate(
      (options) =>
        app
          .outcome(app.start({ clientIdMetadataUrl: "https://app.example/c", ...options }))
          .then(({ error }) => error.message),
      options,
    );
  const provider = { issuer: "https://idp.example", clientId: "a" };
  const grant = (more) => ({ grant: { type: "id_jag", identityProvider: { ...provider, ...more } } });
  assert.match(await wrong({ ...grant(), display: "redirect" }), /display/);
  assert.match(await wrong(grant({ issuer: "no URL" })), /issuer/);
  assert.match(await wrong(grant({ clientId: undefined })), /clientId/);
  assert.match(await wrong(grant({ subjectToken: "saml" })), /subjectToken/);
  assert.match(await wrong(grant({ authentication: "client_secret_post" })), /authentication/);
  assert.match(await wrong(grant({ authentication: "private_key_jwt", clientSecret: "x" })), /authentication/);
});
