// "restore() brings a session back without network where the token is still good. Sign-out: revokes refresh and
// access token (RFC 7009) where the AS offers it, forgets them, tells other tabs."

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { allOk, gate, launchBrowser, present, queueOf, ready, signIn, startWorld, test } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

describe("restore", () => {
  test("needs no network while the token is valid", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const before = await tab.evaluate(() => ({ expiresAt: app.session.expiresAt.getTime() }));
    const blocked = [];
    const isServer = (url) => url.origin === world.issuer || url.origin === new URL(world.mcpUrl).origin;
    await world.context.route(isServer, (route) => (blocked.push(route.request().url()), route.abort()));
    await tab.reload();
    await ready(tab);
    await tab.evaluate(() => app.start());
    const session = await tab.evaluate(async () => ({
      server: app.session.server,
      resource: app.session.resource,
      issuer: app.session.issuer,
      scopes: app.session.scopes,
      canRefresh: app.session.canRefresh,
      expiresAt: app.session.expiresAt.getTime(),
      token: await app.session.accessToken(),
    }));
    assert.deepEqual(session, {
      server: world.mcpUrl,
      resource: world.mcpUrl,
      issuer: world.issuer,
      scopes: ["mcp:read"],
      canRefresh: true,
      expiresAt: before.expiresAt,
      token: world.tokens.access_token,
    });
    assert.deepEqual(blocked, []);
    assert.deepEqual(await tab.evaluate(() => app.exchanges), []);

    // The network is really blocked: a call fails.
    assert.equal(await tab.evaluate(() => app.call()), "network");
    await world.context.unroute(isServer);
    assert.equal(await tab.evaluate(() => app.call()), "ok");
    assert.equal(world.refreshes.length, 0);
  });

  test("restores a session with an expired token, and the first request refreshes it", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const other = await world.tab();
    await other.evaluate(() => app.expire());
    await other.evaluate(async () => void (app.session = await app.authorizer.restore(app.mcpUrl)));
    assert.deepEqual(await other.evaluate(() => app.calls(10)), allOk(10));
    assert.equal(world.refreshes.length, 1);
    assert.equal(await tab.evaluate(() => app.call()), "ok");
  });

  test("is null before a sign-in, and for another server", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.tab();
    assert.equal(await tab.evaluate(() => app.session), null);
    await signIn(tab);
    for (const url of [`${world.mcpUrl}/other`, `${world.elsewhere}/mcp`, new URL("/", world.mcpUrl).href]) {
      assert.equal(await tab.evaluate((url) => app.authorizer.restore(url), url), null, url);
    }
  });
});

describe("sign-out", () => {
  test("revokes and forgets the tokens, and notifies the other tabs", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const other = await world.tab();
    await other.evaluate(() => app.startWorker().then(() => app.worker("start")));
    const { refresh_token } = world.tokens;

    assert.equal(typeof (await tab.evaluate(() => app.session.signOut())), "boolean");
    assert.equal(world.revocations, 2, "expected to revoke refresh and access token");
    assert.equal((await present(world, refresh_token)).error, "invalid_grant");

    const ended = [{ type: "signed-out", server: world.mcpUrl, reason: "sign-out" }];
    assert.deepEqual(await tab.evaluate(() => app.event("signed-out")), ended);
    assert.deepEqual(await other.evaluate(() => app.event("signed-out")), ended);
    assert.deepEqual(await other.evaluate(() => app.worker("event", "signed-out")), ended);
    world.calls.length = 0;
    for (const each of [tab, other]) {
      assert.equal(await each.evaluate(() => app.call()), "signed_out");
      assert.equal((await each.evaluate(() => app.outcome(app.session.accessToken()))).error.code, "signed_out");
      assert.equal((await each.evaluate(() => app.outcome(app.session.refresh()))).error.code, "signed_out");
      assert.equal(await each.evaluate(() => app.authorizer.restore(app.mcpUrl)), null);
      assert.equal((await each.evaluate(() => app.event("signed-out"))).length, 1);
    }
    assert.equal(await other.evaluate(() => app.worker("call")), "signed_out");
    assert.deepEqual(world.calls, [], "a request was sent");
    assert.equal(world.refreshes.length, 0);
    assert.equal(world.popups.length, 1, "a popup opened after the sign-in");

    await other.reload();
    await ready(other);
    await other.evaluate(() => app.start());
    assert.equal(await other.evaluate(() => app.session), null);
  });

  test("the next sign-in creates a new session, and the old one stays ended", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const other = await world.tab();
    await tab.evaluate(() => {
      app.old = app.session;
      return app.session.signOut();
    });
    await other.evaluate(() => app.event("signed-out"));
    await signIn(tab);
    await other.evaluate(() => app.event("signed-in"));
    assert.equal(await tab.evaluate(() => app.call()), "ok");
    assert.equal((await tab.evaluate(() => app.outcome(app.old.accessToken()))).error.code, "signed_out");
    await other.evaluate(async () => void (app.session = await app.authorizer.restore(app.mcpUrl)));
    assert.equal(await other.evaluate(() => app.call()), "ok");
  });

  test("a sign-out during another tab's refresh revokes the new token", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const other = await world.tab();
    const way = gate();
    world.answerToken = async (form, server) => (await way.pass(), server(form));
    const refreshed = other.evaluate(() => app.outcome(app.session.refresh()));
    await way.arrived;
    const signedOut = tab.evaluate(() => app.session.signOut());
    await queueOf(tab, 1);
    way.open();
    await Promise.all([refreshed, signedOut]);
    world.answerToken = (form, server) => server(form);
    assert.equal((await present(world, world.tokens.refresh_token)).error, "invalid_grant");
    await other.evaluate(() => app.event("signed-out"));
    assert.equal(await other.evaluate(() => app.call()), "signed_out");
    assert.equal(await tab.evaluate(() => app.authorizer.restore(app.mcpUrl)), null);
  });

  test("forgets the session even if the server can't be reached", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    await world.context.route(`${world.issuer}/token/revocation`, (route) => route.abort());
    assert.equal(await tab.evaluate(() => app.session.signOut()), false);
    assert.equal(await tab.evaluate(() => app.call()), "signed_out");
    assert.equal(await tab.evaluate(() => app.authorizer.restore(app.mcpUrl)), null);
  });

  test("a second sign-out is no error, and there is one event", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    await tab.evaluate(() => app.session.signOut());
    assert.equal(await tab.evaluate(() => app.session.signOut()), false);
    assert.equal((await tab.evaluate(() => app.event("signed-out"))).length, 1, "expected one event");
  });
});
