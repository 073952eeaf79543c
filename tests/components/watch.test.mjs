// mcp-authorize/watch with an authorizer that records its calls.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mcpSessionStore } from "mcp-authorize/watch";

const SERVER = "https://mcp.example.com/mcp";

/** @returns {any} */
function recordingAuthorizer(calls) {
  const session = { server: SERVER, fetch, stepUp: async (options) => void calls.push(["stepUp", options]) };
  return Object.assign(new EventTarget(), {
    restore: async (server, options) => (calls.push(["restore", server, options]), null),
    signIn: async (server, options) => (calls.push(["signIn", server, options]), session),
  });
}

test("options are passed on to the library, except the account, which the watch sets, and the signal", async () => {
  const calls = [];
  const store = mcpSessionStore(SERVER, recordingAuthorizer(calls), { account: "work" });
  const stop = store.subscribe(() => {});
  const { signal: own } = new AbortController();
  await store.signIn({ scopes: ["a"], authorizationParameters: { prompt: "login" }, signal: own });
  await store.stepUp({ scopes: ["b"], acrValues: ["urn:strong"], maxAge: 60 });
  stop();
  const named = Object.fromEntries(calls.map(([name, ...given]) => [name, given]));
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

test("a store keeps its snapshot until something changes, and runs only while it has subscribers", async () => {
  const calls = [];
  const authorizer = recordingAuthorizer(calls);
  const store = mcpSessionStore(SERVER, authorizer);
  const first = store.getSnapshot();
  assert.equal(first.status, "loading");
  assert.deepEqual(calls, []);

  const states = [];
  const stops = [1, 2].map(() => store.subscribe(() => states.push(store.getSnapshot())));
  await store.signOut();
  // Both subscribers were notified of one change, and share one watch.
  assert.deepEqual(
    states.map(({ status }) => status),
    ["signed-out", "signed-out"],
  );
  assert.equal(states[0], store.getSnapshot());
  assert.equal(calls.length, 1);

  for (const stop of [...stops, ...stops]) stop();
  assert.equal(store.getSnapshot(), first);
  assert.equal(await store.signIn(), null, "the watch has ended");
  assert.equal(store.getSnapshot(), first);
  const again = store.subscribe(() => {});
  await store.signOut();
  assert.equal(store.getSnapshot().status, "signed-out");
  again();
});
