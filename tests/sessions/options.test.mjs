// Options for each server, sign-in and window.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before } from "node:test";
import { allowButton, consent, logIn, popupOf } from "../e2e/browser.mjs";
import { gate, launchBrowser, signIn, startWorld, test } from "./world.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** The bodies of the page's POST requests to a path of the authorization server. */
function posts(world, path) {
  const bodies = [];
  world.context.on("request", (request) => {
    if (request.method() === "POST" && request.url() === world.issuer + path) bodies.push(request.postData());
  });
  return bodies;
}

/** The parameters of pushed authorization requests. */
const pushed = (world) => {
  const bodies = posts(world, "/request");
  return () => bodies.map((body) => Object.fromEntries(new URLSearchParams(body)));
};

/** Starts a sign-in whose `authorize` never resolves. Returns the details that `authorize` got, or the error. */
async function beginning(tab, options = {}) {
  return tab.evaluate(async (options) => {
    const opened = new Promise((done) => (app.opened = done));
    for (const [name, source] of Object.entries(options.functions ?? {})) options[name] = (0, eval)(source);
    const authorize = (url, details) => (app.opened({ url, ...details }), new Promise(() => {}));
    await app.start({ authorize, ...options });
    return app.outcome(Promise.race([app.authorizer.signIn(app.mcpUrl, app.signInOptions), opened]));
  }, options);
}

test("client: a function returns the app's identity at an authorization server before the app registers", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  const requests = pushed(world);
  await beginning(tab, {
    functions: { client: "(details) => { app.details = details; return Promise.resolve({ clientId: 'typed-in' }) }" },
  });
  const { metadata, ...details } = await tab.evaluate(() => app.details);
  assert.deepEqual(details, { server: world.mcpUrl, issuer: world.issuer, canRegister: true });
  assert.equal(metadata.token_endpoint, `${world.issuer}/token`);
  assert.deepEqual(
    requests().map(({ client_id }) => client_id),
    ["typed-in"],
  );
  assert.equal(world.registrations, 0);

  for (const nothing of ["undefined", "null"]) {
    await beginning(tab, { functions: { client: `() => ${nothing}` } });
  }
  assert.equal(world.registrations, 1, "expected one registration");

  for (const wrong of ["5", "{}", "{ clientId: '' }", "{ clientId: 5 }", "{ clientId: 'a', clientSecret: 5 }"]) {
    const { error } = await beginning(tab, { functions: { client: `() => (${wrong})` } });
    assert.equal(error?.code, "invalid_option", wrong);
    assert.match(error.message, /clientId/);
  }
  // Its errors are passed through.
  const thrown = await beginning(tab, { functions: { client: "() => { throw new RangeError('mine') }" } });
  assert.deepEqual([thrown.error.name, thrown.error.message], ["RangeError", "mine"]);
  for (const otherIdentity of [{ clientId: "a" }, { clientId: "a", clientSecret: "s", issuer: world.issuer }]) {
    const { error } = await tab.evaluate(
      (otherIdentity) => app.outcome(app.start({ client: () => undefined, ...otherIdentity })),
      otherIdentity,
    );
    assert.equal(error?.code, "invalid_option");
  }
});

test("the app's metadata is registered (RFC 7591 §2)", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  const bodies = posts(world, "/reg");
  await beginning(tab, {
    clientUri: "/",
    logoUri: "/logo.png",
    tosUri: "https://acme.example/terms",
    policyUri: "https://acme.example/privacy",
    contacts: ["dev@acme.example"],
    softwareId: "4NRB1",
    softwareVersion: "2.1",
  });
  const sent = JSON.parse(bodies[0]);
  assert.equal(sent.logo_uri, new URL("/logo.png", world.pageUrl).href);
  assert.equal(sent.tos_uri, "https://acme.example/terms");
  assert.equal(sent.policy_uri, "https://acme.example/privacy");
  assert.deepEqual(sent.contacts, ["dev@acme.example"]);
  assert.deepEqual([sent.software_id, sent.software_version], ["4NRB1", "2.1"]);
  for (const wrong of [
    { logoUri: 5 },
    { logoUri: "http://acme.example/" },
    { contacts: "dev@acme.example" },
    { softwareId: 5 },
  ]) {
    const { error } = await tab.evaluate((wrong) => app.outcome(app.start(wrong)), wrong);
    assert.match(error?.code, /^(invalid_option|insecure_url)$/, JSON.stringify(wrong));
  }
});

test("authorizationParameters: a function gets the authorization server, and one sign-in overrides the authorizer's", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  const requests = pushed(world);
  const functions = { authorizationParameters: "({ issuer }) => ({ hd: issuer, ui_locales: 'de', prompt: null })" };
  await tab.evaluate(() => (app.signInOptions = { authorizationParameters: async () => ({ ui_locales: "fr" }) }));
  await beginning(tab, { functions });
  const [{ hd, ui_locales, prompt }] = requests();
  assert.deepEqual([hd, ui_locales, prompt], [world.issuer, "fr", undefined]);

  for (const wrong of ["{ client_id: 'x' }", "{ state: null }", "{ prompt: 5 }", "'prompt=login'"]) {
    const { error } = await beginning(tab, { functions: { authorizationParameters: `() => (${wrong})` } });
    assert.equal(error?.code, "invalid_option", wrong);
  }
  const thrown = await beginning(tab, { functions: { authorizationParameters: "() => Promise.reject(7)" } });
  assert.equal(thrown.error.code, undefined);
});

test("authorize gets the sign-in's details, and its errors are passed through", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.tab();
  const { value } = await beginning(tab, {
    functions: {
      authorize: `(url, { signal, ...details }) => {
        app.signal = signal;
        app.opened({ url, aborted: signal.aborted, ...details });
        return new Promise(() => {});
      }`,
    },
  });
  assert.match(value.url, /request_uri=/);
  const { url, ...details } = value;
  assert.deepEqual(
    { ...details, state: details.state.length },
    { aborted: false, server: world.mcpUrl, issuer: world.issuer, state: 43 },
  );
  // The signal aborts when the sign-in ends, so that the app can close its window.
  assert.equal(await tab.evaluate(() => app.signal.aborted), false);
  await tab.evaluate(() => app.authorizer.close());
  assert.equal(await tab.evaluate(() => app.signal.aborted), true);

  for (const source of ["() => { throw new RangeError('mine') }", "async () => { throw new RangeError('mine') }"]) {
    const { error } = await beginning(tab, { functions: { authorize: source } });
    assert.deepEqual([error.name, error.code, error.message], ["RangeError", undefined, "mine"]);
  }
});

test("popup: the app can set its size, its position and its first page", async (t) => {
  const made = { "/waiting.html": "<!doctype html><title>Acme</title><p id='own'>One moment</p>" };
  const world = await startWorld(t, browser, { made });
  const tab = await world.tab();
  await tab.evaluate(async () => {
    const popup = { width: 401, height: 302, left: 11, top: 12, url: new URL("/waiting.html", location.href) };
    await app.start({ popup });
    const { open } = window;
    window.open = (...given) => ((app.given = given), open.apply(window, given));
  });
  const held = gate();
  await world.context.route(`${world.mcpUrl}`, async (route) => (await held.pass(), route.continue()));
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  await popup.locator("#own").waitFor();
  assert.deepEqual(await tab.evaluate(() => [app.given[0], app.given[2]]), [
    new URL("/waiting.html", world.pageUrl).href,
    "popup,width=401,height=302,left=11,top=12",
  ]);
  held.open();
  await logIn(popup);
  await consent(popup);
  await tab.evaluate(() => app.signingIn);

  for (const wrong of [{ width: "5" }, { width: 1.5 }, { url: "https://elsewhere.example/" }, { url: 5 }]) {
    const { error } = await tab.evaluate((popup) => app.outcome(app.start({ popup })), wrong);
    assert.equal(error?.code, "invalid_option", JSON.stringify(wrong));
  }
  const { error } = await tab.evaluate(() => app.outcome(app.start({ popup: "wide" })));
  assert.equal(error?.code, "invalid_option");
});

test("closing the popup on the app's own first page is popup_closed", async (t) => {
  const made = { "/waiting.html": "<!doctype html><title>Acme</title><p id='own'>One moment</p>" };
  const world = await startWorld(t, browser, { made });
  const tab = await world.tab(() => app.start({ popup: { url: "/waiting.html" } }));
  await world.context.route(`${world.mcpUrl}`, () => {});
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  await popup.locator("#own").waitFor();
  await popup.close();
  const { error } = await tab.evaluate(() => app.outcome(app.signingIn));
  assert.equal(error.code, "popup_closed");
});

for (const display of ["link", "popup-or-link"]) {
  test(`display "${display}": the user opens the page with a link, and the app gets the response`, async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.tab();
    await tab.evaluate((display) => {
      window.open = () => null; // like a browser that blocks popups
      return app.start({ display });
    }, display);
    const click = tab.locator("#sign-in").click();
    const [{ url, issuer }] = await tab.evaluate(() => app.event("authorizing"));
    await click;
    assert.equal(issuer, world.issuer);
    // The app's link, which opens a tab without an opener.
    await tab.evaluate((url) => {
      const link = Object.assign(document.createElement("a"), {
        href: url,
        target: "_blank",
        rel: "noopener",
        textContent: "Sign in there",
      });
      document.body.append(link);
    }, url);
    const [page] = await Promise.all([world.context.waitForEvent("page"), tab.getByText("Sign in there").click()]);
    await logIn(page);
    const closed = page.waitForEvent("close");
    await allowButton(page).click();
    await tab.evaluate(() => app.signingIn);
    assert.equal(await tab.evaluate(() => app.call()), "ok");
    await closed;
  });
}

test("close: pending and later calls are aborted", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const other = await world.tab();
  const popup = await popupOf(tab, tab.locator("#sign-in"));
  await consentIsShown(popup);
  world.paths["/mcp/slow"] = () => {};
  const arrived = once(world, "call");
  await tab.evaluate(() => void (app.slow = app.outcome(app.session.fetch(`${app.mcpUrl}/slow`))));
  await arrived;
  const closed = popup.waitForEvent("close");
  await tab.evaluate(() => app.authorizer[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]());
  const codes = await tab.evaluate(async () => {
    const calls = [
      app.slow,
      app.outcome(app.signingIn),
      app.outcome(app.session.fetch(app.mcpUrl)),
      app.outcome(app.session.refresh()),
      app.outcome(app.authorizer.restore(app.mcpUrl)),
      app.outcome(app.authorizer.sessions()),
      app.outcome(app.authorizer.signIn(app.mcpUrl)),
    ];
    return (await Promise.all(calls)).map(({ error }) => error?.code);
  });
  assert.deepEqual(codes, Array(7).fill("aborted"));
  await closed;
  // A closed authorizer gets no events of other tabs, and the stored session remains.
  await tab.evaluate(() => (app.events.length = 0));
  await other.evaluate(() => app.session.refresh());
  await tab.evaluate(() => app.start());
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  assert.deepEqual(await tab.evaluate(() => app.events.filter(({ type }) => type === "refreshed")), []);
});

const consentIsShown = (popup) => allowButton(popup).waitFor();

test("restore is aborted by its signal", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const { error } = await tab.evaluate(() =>
    app.outcome(app.authorizer.restore(app.mcpUrl, { signal: AbortSignal.abort(new RangeError("enough")) })),
  );
  assert.deepEqual([error.code, error.cause.name], ["aborted", "RangeError"]);
  assert.equal((await tab.evaluate(() => app.outcome(app.authorizer.restore(app.mcpUrl)))).error, undefined);
});

test("a session returns the same scopes and expiresAt objects until they change", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const same = () => app.session.scopes === app.session.scopes && app.session.expiresAt === app.session.expiresAt;
  assert.equal(await tab.evaluate(same), true);
});

/** RFC 9470 §3: a server that requires a more recent or stronger sign-in for a tool. */
async function demanding(t, challenge) {
  const world = await startWorld(t, browser);
  let refused;
  world.paths["/mcp/transfer"] = (request, response) => {
    const token = request.headers.authorization;
    refused ??= token;
    if (token !== refused) return response.end("done");
    response.writeHead(401, { "WWW-Authenticate": challenge }).end();
  };
  return world;
}

const CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="myACR other", max_age="0"';
const transfer = (tab) =>
  tab.evaluate(() => app.outcome(app.session.fetch(`${app.mcpUrl}/transfer`).then((it) => it.text())));

test("RFC 9470: if a server requires a new sign-in, a step-up does it, and no refresh is tried", async (t) => {
  const world = await demanding(t, CHALLENGE);
  const tab = await world.signedInTab();
  const requests = pushed(world);
  const { error } = await transfer(tab);
  assert.equal(error.code, "insufficient_user_authentication");
  const found = await tab.evaluate(async () => {
    const thrown = await app.session.fetch(`${app.mcpUrl}/transfer`).catch((thrown) => thrown);
    app.thrown = thrown;
    return [thrown.acrValues, thrown.maxAge, thrown.scopes, thrown.missingScopes, typeof thrown.stepUp];
  });
  assert.deepEqual(found, [["myACR", "other"], 0, ["mcp:read", "offline_access"], [], "function"]);
  assert.equal(world.refreshes.length, 0);
  await tab.evaluate(() => {
    document.getElementById("step-up").onclick = () => void (app.steppingUp = app.thrown.stepUp());
  });
  const popup = await popupOf(tab, tab.locator("#step-up"));
  // RFC 9470 §4, and OpenID Connect Core §3.1.2.1: with max_age=0, the user must log in again.
  await logIn(popup);
  await consent(popup);
  await tab.evaluate(() => app.steppingUp);
  const [{ acr_values, max_age, scope }] = requests();
  assert.deepEqual([acr_values, max_age], ["myACR other", "0"]);
  assert.deepEqual(scope.split(" "), ["mcp:read", "offline_access", "openid"]);
  const last = await transfer(tab);
  assert.equal(last.value, "done", JSON.stringify(last));
});

test("RFC 9470: session.stepUp() uses the server's last requirements, and with onStepUp the request waits", async (t) => {
  const world = await demanding(t, 'Bearer error="insufficient_user_authentication", max_age="60"');
  const tab = await world.tab(() => app.start({ onStepUp: (details) => app.onStepUp(details) }));
  await signIn(tab);
  const requests = pushed(world);
  const waiting = transfer(tab);
  await tab.waitForFunction(() => app.stepUpRequests.length === 1);
  const { scopes, ...details } = await tab.evaluate(() => app.stepUpRequests[0]);
  assert.deepEqual(details, { server: world.mcpUrl, maxAge: 60 });
  // max_age adds the scope openid, to which the user consents.
  const popup = await popupOf(tab, tab.locator("#step-up"));
  await consent(popup);
  const waited = await waiting;
  assert.equal(waited.value, "done", JSON.stringify(waited));
  assert.equal(requests()[0].max_age, "60");
});

test("error.missingScopes lists the scopes that the session does not have", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  const found = await tab.evaluate(async () => {
    const thrown = await app.write().catch((thrown) => thrown);
    return [thrown.code, thrown.missingScopes];
  });
  assert.deepEqual(found, ["insufficient_scope", ["mcp:write"]]);
});

test("session.user is the user of the ID token, also after a reload", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab(() => app.start({ scopes: ["mcp:read", "openid"] }));
  const alice = await tab.evaluate(() => app.session.user);
  assert.equal(alice.sub, "alice");
  assert.equal(await tab.evaluate(() => app.session.user === app.session.user), true);
  const other = await world.tab(() => app.start({ scopes: ["mcp:read", "openid"] }));
  assert.deepEqual(await other.evaluate(() => app.session.user), alice);
  const without = await startWorld(t, browser);
  const plain = await without.signedInTab();
  assert.equal(await plain.evaluate(() => app.session.user), undefined);
});
