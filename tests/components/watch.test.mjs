// mcp-authorize/watch over an authorizer that tells what it was asked for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mcpSessionStore } from "mcp-authorize/watch";

const SERVER = "https://mcp.example.com/mcp";

/** @returns {any} */
function listeningAuthorizer(asked) {
  const session = { server: SERVER, fetch, stepUp: async (options) => void asked.push(["stepUp", options]) };
  return Object.assign(new EventTarget(), {
    restore: async (server, options) => (asked.push(["restore", server, options]), null),
    signIn: async (server, options) => (asked.push(["signIn", server, options]), session),
  });
}

test("all options of a call go on to the library, but for the account, which is the watch's, and the signal", async () => {
  const asked = [];
  const store = mcpSessionStore(SERVER, listeningAuthorizer(asked), { account: "work" });
  const stop = store.subscribe(() => {});
  const { signal: own } = new AbortController();
  await store.signIn({ scopes: ["a"], authorizationParameters: { prompt: "login" }, signal: own });
  await store.stepUp({ scopes: ["b"], acrValues: ["urn:strong"], maxAge: 60 });
  stop();
  const named = Object.fromEntries(asked.map(([name, ...given]) => [name, given]));
  const [[restored], [signedIn], [steppedUp]] = [named.restore.slice(1), named.signIn.slice(1), named.stepUp];
  for (const { signal } of [signedIn, steppedUp]) assert.ok(signal instanceof AbortSignal && signal !== own);
  assert.deepEqual(
    [restored, signedIn, steppedUp].map(({ signal, ...others }) => others),
    [
      { account: "work" },
      { scopes: ["a"], authorizationParameters: { prompt: "login" }, account: "work" },
      { scopes: ["b"], acrValues: ["urn:strong"], maxAge: 60 },
    ],
  );
});

test("a store has the same snapshot until something changes, and nothing runs before the first subscriber or after the last", async () => {
  const asked = [];
  const authorizer = listeningAuthorizer(asked);
  const store = mcpSessionStore(SERVER, authorizer);
  const first = store.getSnapshot();
  assert.equal(first.status, "loading");
  assert.deepEqual(asked, []);

  const states = [];
  const stops = [1, 2].map(() => store.subscribe(() => states.push(store.getSnapshot())));
  await store.signOut();
  // Both subscribers heard of one change, and one watch was begun for both.
  assert.deepEqual(
    states.map(({ status }) => status),
    ["signed-out", "signed-out"],
  );
  assert.equal(states[0], store.getSnapshot());
  assert.equal(asked.length, 1);

  for (const stop of [...stops, ...stops]) stop();
  assert.equal(store.getSnapshot(), first);
  assert.equal(await store.signIn(), null, "it has ended");
  assert.equal(store.getSnapshot(), first);
  const again = store.subscribe(() => {});
  await store.signOut();
  assert.equal(store.getSnapshot().status, "signed-out");
  again();
});
