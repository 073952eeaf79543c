// "403 insufficient_scope asks for the union of scopes, through a popup that needs a click: so the request is rejected
// with a typed error carrying session.stepUp() by default, or waits when the app gave a handler. At most a set number
// of tries per scope; no loops; concurrent 403s lead to one."

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { consent, popupOf } from "../e2e/browser.mjs";
import { launchBrowser, signIn, startWorld, test } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** The scopes requested before, and the challenge's. */
const UNION = ["mcp:read", "offline_access", "mcp:write"];

/** Calls the real server's tool that needs mcp:write. */
const write = (tab) => tab.evaluate(() => app.outcome(app.write()));

/** Clicks the step-up button and consents; `during` runs in between. */
async function stepUp(tab, during = async () => {}) {
  const popup = await popupOf(tab, tab.locator("#step-up"));
  await popup.getByText("mcp:write", { exact: true }).waitFor();
  await during();
  await consent(popup);
  return tab.evaluate(() => app.outcome(app.steppingUp));
}

const waiting = () => app.start({ onStepUp: (details) => app.onStepUp(details) });
const popupCount = (world) => world.popups.length;

test("the error has the union of scopes and stepUp, and the session continues with the new scopes in all tabs", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const other = await world.tab();
  const { error } = await write(tab);
  assert.equal(error.code, "insufficient_scope");
  assert.deepEqual(error.scopes, UNION);
  const session = await tab.evaluateHandle(() => app.session);

  assert.deepEqual(await stepUp(tab), { value: undefined });
  assert.equal(await tab.evaluate((session) => session === app.session, session), true);
  assert.deepEqual((await write(tab)).value, "ok");
  await other.evaluate(() => app.event("step-up"));
  assert.deepEqual((await write(other)).value, "ok");

  const events = [{ type: "step-up", server: world.mcpUrl, scopes: ["mcp:read", "mcp:write"] }];
  for (const each of [tab, other]) assert.deepEqual(await each.evaluate(() => app.event("step-up")), events);
  assert.deepEqual(await tab.evaluate(() => app.session.scopes), ["mcp:read", "mcp:write"]);
  assert.equal(world.refreshes.length, 0);
  // The granted scopes survive a refresh and are stored.
  await tab.evaluate(() => app.session.refresh());
  assert.deepEqual((await write(tab)).value, "ok");
  assert.equal((await other.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)).scopes)).length, 2);
});

test("concurrent 403s lead to one popup, whichever error's stepUp is called", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const errors = await tab.evaluate(async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => app.write()));
    app.errors = outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason);
    return app.errors.map(({ code }) => code);
  });
  assert.deepEqual(errors, Array(5).fill("insufficient_scope"));
  await tab.evaluate(() => {
    document.getElementById("step-up").onclick = () =>
      void (app.steppingUp = Promise.all([...app.errors.map((error) => error.stepUp()), app.session.stepUp()]).then(
        () => {},
      ));
  });
  const before = popupCount(world);
  assert.deepEqual(await stepUp(tab), { value: undefined });
  assert.equal(popupCount(world), before + 1);
  assert.deepEqual((await write(tab)).value, "ok");
});

describe("with onStepUp", () => {
  test("concurrent requests wait for one step-up, and are sent again", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab(waiting);
    await tab.evaluate(() => void (app.writing = Promise.all(Array.from({ length: 5 }, () => app.write()))));
    await tab.waitForFunction(() => app.stepUpRequests.length > 0);
    const before = popupCount(world);
    await stepUp(tab);
    assert.deepEqual(await tab.evaluate(() => app.writing), Array(5).fill("ok"));
    assert.equal(popupCount(world), before + 1);
    assert.deepEqual(await tab.evaluate(() => app.stepUpRequests), [{ server: world.mcpUrl, scopes: UNION }]);
    assert.equal(world.calls.filter(({ status }) => status === 403).length, 5);
  });

  test("a request that is rejected during another's step-up continues with the new tokens", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab(waiting);
    await tab.evaluate(() => void (app.writing = app.write()));
    await tab.waitForFunction(() => app.stepUpRequests.length > 0);
    await stepUp(tab, () => tab.evaluate(() => void (app.writingToo = app.write())));
    assert.deepEqual(await tab.evaluate(() => Promise.all([app.writing, app.writingToo])), ["ok", "ok"]);
    assert.equal(await tab.evaluate(() => app.stepUpRequests.length), 1);
  });

  test("an aborted request stops waiting, and the others continue", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab(waiting);
    await tab.evaluate(() => {
      app.controller = new AbortController();
      app.writing = app.write();
      app.aborted = app.write({ signal: app.controller.signal }).catch((reason) => reason);
    });
    await tab.waitForFunction(() => app.stepUpRequests.length > 0);
    await tab.evaluate(() => app.controller.abort("enough"));
    assert.equal(await tab.evaluate(() => app.aborted), "enough");
    await stepUp(tab);
    assert.equal(await tab.evaluate(() => app.writing), "ok");
  });

  for (const [name, handler, cause] of [
    ["rejects", () => Promise.reject(new DOMException("No.", "AbortError")), "AbortError"],
    [
      "throws",
      () => {
        throw new RangeError("No.");
      },
      "RangeError",
    ],
    ["does nothing", () => {}, undefined],
  ]) {
    test(`if it ${name}, the request rejects with insufficient_scope and is not sent again`, async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab(waiting);
      await tab.evaluate((handler) => void (app.onStepUp = eval(handler)), `(${handler})`);
      world.calls.length = 0;
      const { code, causes } = await tab.evaluate(async () => {
        const error = await app.write().catch((error) => error);
        return { code: error.code, causes: [error.cause?.code, error.cause?.cause?.name] };
      });
      assert.equal(code, "insufficient_scope");
      assert.equal(causes[1], cause);
      assert.equal(world.calls.length, 1);
      assert.equal(
        await tab.evaluate(() => app.outcome(app.session.accessToken()).then(({ error }) => error)),
        undefined,
      );
    });
  }
});

describe("no loops", () => {
  test("a scope that the server still demands after two step-ups is not requested again", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    world.paths["/mcp/never"] = (request, response) =>
      response.writeHead(403, { "WWW-Authenticate": 'Bearer error="insufficient_scope", scope="mcp:write"' }).end();
    const refused = () =>
      tab.evaluate(async () => {
        app.error = await app.session.fetch(`${app.mcpUrl}/never`).catch((error) => error);
        return { code: app.error.code, scopes: app.error.scopes, more: app.error.stepUp !== undefined };
      });
    for (let count = 0; count < 2; count += 1) {
      assert.equal((await refused()).more, true);
      const popup = await popupOf(tab, tab.locator("#step-up"));
      await consent(popup);
      await tab.evaluate(() => app.steppingUp);
    }
    const before = popupCount(world);
    assert.deepEqual(await refused(), { code: "insufficient_scope", scopes: undefined, more: false });
    await tab.locator("#step-up").click();
    const { error } = await tab.evaluate(() => app.outcome(app.steppingUp));
    assert.equal(error.code, "insufficient_scope");
    assert.equal(popupCount(world), before, "a popup opened");
    assert.equal(await tab.evaluate(() => app.call()), "ok", "the session does not work");
  });

  test("an unfinished step-up changes nothing", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const { access_token } = world.tokens;
    await write(tab);
    const popup = await popupOf(tab, tab.locator("#step-up"));
    await popup.getByText("mcp:write", { exact: true }).waitFor();
    // The library must see the page a few times to distinguish a closed popup from one that was cut off.
    await popup.waitForTimeout(600);
    await popup.close();
    assert.equal((await tab.evaluate(() => app.outcome(app.steppingUp))).error.code, "popup_closed");
    assert.equal(await tab.evaluate(() => app.session.accessToken()), access_token);
    assert.deepEqual(await tab.evaluate(() => app.events.filter(({ type }) => type !== "authorizing")), [
      { type: "signed-in", server: world.mcpUrl },
    ]);
    await stepUp(tab);
    assert.deepEqual((await write(tab)).value, "ok");
  });
});

test("stepUp after a sign-out opens no popup: signed_out", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  await tab.evaluate(() => app.session.signOut());
  const before = popupCount(world);
  await tab.locator("#step-up").click();
  assert.equal((await tab.evaluate(() => app.outcome(app.steppingUp))).error.code, "signed_out");
  assert.equal(popupCount(world), before);
  await signIn(tab);
});

describe("a sign-out ends an open step-up and closes its popup", () => {
  for (const where of ["here", "in another tab"]) {
    test(where, async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab();
      const other = await world.tab();
      assert.equal((await write(tab)).error.code, "insufficient_scope");
      const popup = await popupOf(tab, tab.locator("#step-up"));
      await popup.getByText("mcp:write", { exact: true }).waitFor();
      const closed = popup.waitForEvent("close");

      const signsOut = where === "here" ? tab : other;
      await signsOut.evaluate(async () => (app.session ?? (await app.authorizer.restore(app.mcpUrl))).signOut());

      const { error } = await tab.evaluate(() => app.outcome(app.steppingUp));
      assert.equal(error?.code, "signed_out");
      await closed;
      assert.equal((await write(tab)).error?.code, "signed_out");
      assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) === null), true);
    });
  }
});
