// "AS restarted with new keys or registrations gone (`invalid_client` leads to one re-registration)". RFC 6749 §5.2:
// "invalid_client: Client authentication failed (e.g., unknown client …)".

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, popupOf, signIn, startWorld, test } from "../sessions/world.mjs";
import { clientMetadata } from "../../www/servers/client.mjs";
import { restartable } from "./authorization-server.mjs";
import { worksAgain } from "./fault.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

test("new keys and tokens lost: the session ends, and the next sign-in needs no registration", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  // Like a server that stores its registrations in a database.
  const { client_id } = world.tokenRequests[0].form;
  const redirectUri = new URL("callback.html", world.pageUrl).href;
  await world.restart({ clients: [{ ...clientMetadata(redirectUri), client_id, application_type: "native" }] });
  await tab.evaluate(() => app.expire());
  const { error } = await tab.evaluate(() => app.outcome(app.session.refresh()));
  assert.deepEqual([error.code, error.serverError], ["session_expired", "invalid_grant"]);
  await worksAgain(tab);
  assert.equal(world.registrations, 1);
});

test("registrations lost, noticed by a refresh: the session ends, and the next sign-in registers once", async (t) => {
  const world = await startWorld(t, browser, { issue: restartable(t) });
  const tab = await world.signedInTab();
  assert.equal(world.registrations, 1);
  await world.restart();
  await tab.evaluate(() => app.expire());
  const { error } = await tab.evaluate(() => app.outcome(app.session.refresh()));
  assert.equal(error.code, "session_expired");
  assert.equal(error.serverError, "invalid_client");
  await worksAgain(tab);
  assert.equal(world.registrations, 2);
});

test("registrations lost, noticed by the next sign-in: it fails with invalid_client, and the one after that registers once", async (t) => {
  const world = await startWorld(t, browser, { issue: restartable(t) });
  const tab = await world.signedInTab();
  await tab.evaluate(() => app.session.signOut());
  await world.restart();
  // The request is pushed (RFC 9126), so the server can report it before the user sees a page.
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  const { error, value } = await tab.evaluate(() => app.outcome(app.signingIn));
  assert.equal(value, undefined);
  assert.equal(error.serverError, "invalid_client");
  if (!popup.isClosed()) await popup.waitForEvent("close");
  assert.equal(world.registrations, 1);
  await worksAgain(tab);
  assert.equal(world.registrations, 2, "it registered more than once");
});

test("registrations lost while the user signs in: the code exchange fails, and the next sign-in registers once", async (t) => {
  const world = await startWorld(t, browser, { issue: restartable(t) });
  const tab = await world.tab();
  const { answerToken } = world;
  world.answerToken = async (form) => {
    await world.restart();
    world.answerToken = answerToken;
    const answer = await fetch(`${world.issuer}/token`, { method: "POST", body: new URLSearchParams(form) });
    world.tokenRequests.pop();
    return { status: answer.status, body: await answer.json() };
  };
  await assert.rejects(signIn(tab));
  const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
  assert.equal(error.serverError, "invalid_client");
  await worksAgain(tab);
  assert.equal(world.registrations, 2);
});

test("server down and up again: network while it is down, then the session works again", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const { authorizationServer } = world;
  world.authorizationServer = (request, response) => response.destroy();
  world.answerToken = async (form, server) => server(form);
  await tab.evaluate(() => app.expire());
  assert.equal(await tab.evaluate(() => app.call()), "network");
  world.authorizationServer = authorizationServer;
  await tab.waitForFunction(async () => (await app.call()) === "ok");
  assert.deepEqual(await tab.evaluate(() => app.events.filter(({ type }) => type === "signed-out")), []);
});
