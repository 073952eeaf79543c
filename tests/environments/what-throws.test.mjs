// "A bad header value never settles the call and ends a Node.js process": whatever the app passes in or returns, and
// whatever throws, each call settles, and there are no uncaught errors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { McpAuthorizer } from "mcp-authorize";

const SERVER = "https://mcp.example/mcp";
const thrower = () => {
  throw new RangeError("thrown");
};
/** An object whose member throws when it is read. */
const throwing = (name, more) => Object.defineProperty({ ...more }, name, { get: thrower, enumerable: true });
const stream = (chunk) =>
  new Response(new ReadableStream({ start: (controller) => (controller.enqueue(chunk), controller.close()) }));
const good = () => ({ status: 200, headers: new Headers(), body: null });
const reading = (reader) => ({ ...good(), body: { getReader: () => reader } });

/** Responses of the app's own `fetch`. */
const ANSWERS = {
  "a status that throws": () => throwing("status", good()),
  "a status that is not a number": () => ({ ...good(), status: Symbol("200") }),
  "headers that throw": () => throwing("headers", good()),
  "headers whose get throws": () => ({ ...good(), headers: { get: thrower } }),
  "a body that throws": () => throwing("body", good()),
  "a body that is a number": () => ({ ...good(), body: 1 }),
  "a URL that throws": () => throwing("url", { ...good(), redirected: true }),
  "a URL that is a number": () => ({ ...good(), redirected: true, url: 1 }),
  "redirected that throws": () => throwing("redirected", good()),
  "redirected that is a symbol": () => ({ ...good(), redirected: Symbol("yes") }),
  "a body without a reader": () => ({ ...good(), body: {} }),
  "a body whose reader throws": () => ({ ...good(), body: { getReader: thrower } }),
  "a reader that is null": () => reading(null),
  "a reader without methods": () => reading({}),
  "a reader that throws": () => reading({ read: thrower, cancel: thrower }),
  "a reader that rejects": () => reading({ read: async () => thrower(), cancel: async () => thrower() }),
  "a reader without promises": () => reading({ read: () => 1, cancel: () => 2 }),
  "a reader whose value throws": () => reading({ read: async () => throwing("value"), cancel() {} }),
  "a chunk that is undefined": () => stream(undefined),
  "a chunk that is null": () => stream(null),
  "a chunk that is a number": () => stream(1),
  "a chunk that is a string": () => stream("x"),
  "a chunk that is an object": () => stream({ byteLength: 1 }),
  "a chunk that is a symbol": () => stream(Symbol("x")),
  "a symbol": () => Symbol("x"),
  "something that throws": () => thrower(),
  "a thenable that throws": () => throwing("then"),
};

/** Values that an app may pass as a signal. */
const SIGNALS = {
  "one that throws": throwing("aborted"),
  "one whose reason throws": throwing("reason", { aborted: true }),
  "one that can't be listened to": { aborted: false, addEventListener: thrower },
  "an empty object": {},
};

/** Arguments that an app may pass to `session.fetch`. */
const REQUESTS = {
  "an invalid header value": [SERVER, { headers: { "Last-Event-ID": "→" } }],
  "an invalid header name": [SERVER, { headers: { "not a name": "x" } }],
  "headers that throw": [SERVER, throwing("headers")],
  "a method that throws": [SERVER, throwing("method")],
  "a method that is a symbol": [SERVER, { method: Symbol("GET") }],
  "a body that throws": [SERVER, { method: "POST", body: throwing("getReader") }],
  "a redirect that throws": [SERVER, throwing("redirect")],
  "a signal that throws": [SERVER, throwing("signal")],
  "an input that throws": [throwing("clone")],
  "an input without toString": [Object.create(null)],
  "an input whose toString throws": [{ toString: thrower }],
  "an input that is a symbol": [Symbol("x")],
  "a Request whose URL throws": [throwing("url", { clone() {} })],
};

/** The result of a call. The call must settle. */
async function settles(call, what) {
  const late = Symbol("late");
  const { promise, timer } = timeLimit(late);
  const outcome = await Promise.race([new Promise((done) => done(call())).then(...settled), promise]);
  clearTimeout(timer);
  assert.notEqual(outcome, late, `${what}: it never settles`);
  return outcome;
}

const settled = /** @type {const} */ ([() => "ok", (error) => error?.code ?? error?.name ?? String(error)]);

function timeLimit(late) {
  let timer;
  const promise = new Promise((done) => (timer = setTimeout(done, 5000, late)));
  return { promise, timer };
}

const EVENTS = /** @type {any[]} */ (["uncaughtException", "unhandledRejection"]);

/** A test that fails if an error is uncaught. */
function testUncaught(name, work) {
  test(name, async () => {
    const thrown = [];
    const listener = (error) => thrown.push(error);
    for (const event of EVENTS) process.prependListener(event, listener);
    await work();
    // Both events are emitted before the next turn of the event loop.
    await new Promise((done) => setImmediate(done));
    for (const event of EVENTS) process.removeListener(event, listener);
    assert.deepEqual(thrown, []);
  });
}

/** @type {(fetch: any, more?: object) => Promise<McpAuthorizer>} */
const machine = (fetch, more) =>
  McpAuthorizer.create({
    clientId: "machine",
    clientSecret: "s3cret",
    issuer: "https://as.example",
    grant: { type: "client_credentials" },
    storage: "memory",
    requestTimeout: 1000,
    fetch,
    ...more,
  });

testUncaught("each response of the app's own fetch settles the call", async () => {
  for (const [what, answer] of Object.entries(ANSWERS)) {
    for (const fetch of [answer, async () => answer()]) {
      const outcome = await settles(async () => (await machine(fetch)).signIn(SERVER), what);
      assert.notEqual(outcome, "ok", what);
    }
  }
});

testUncaught("each signal settles the call", async () => {
  for (const [what, signal] of Object.entries(SIGNALS)) {
    const never = () => new Promise(() => {});
    const authorizer = await machine(never);
    const outcome = await settles(() => authorizer.signIn(SERVER, /** @type {any} */ ({ signal })), what);
    assert.notEqual(outcome, "ok", what);
    await settles(() => authorizer.diagnose(SERVER, /** @type {any} */ ({ signal })), what);
  }
});

/** Servers without faults. */
const json = (body, init) => Response.json(body, init);
const internet = async (url) => {
  const { href } = new URL(url);
  if (href === "https://as.example/token") return json({ access_token: "token", token_type: "Bearer" });
  if (href.includes("oauth-protected-resource"))
    return json({ resource: SERVER, authorization_servers: ["https://as.example"] });
  if (href.includes("as.example"))
    return json({
      issuer: "https://as.example",
      authorization_endpoint: "https://as.example/authorize",
      token_endpoint: "https://as.example/token",
      code_challenge_methods_supported: ["S256"],
    });
  return new Response("", { status: 401, headers: { "WWW-Authenticate": "Bearer" } });
};

testUncaught("each argument of session.fetch settles the call", async () => {
  const session = await (await machine(internet)).signIn(SERVER);
  for (const [what, args] of Object.entries(REQUESTS)) {
    await settles(() => session.fetch(.../** @type {[any, any]} */ (args)), what);
  }
  assert.equal(await session.accessToken(), "token", "the session still works");
});

testUncaught("storage, proxy and callbacks of the app settle the call", async () => {
  const ways = {
    "a storage that throws": { storage: { get: thrower, set: thrower, delete: thrower } },
    "a storage whose promise throws": { storage: { get: () => throwing("then"), set() {}, delete() {} } },
    "a proxy that throws": { proxy: thrower },
    "a proxy that answers with a symbol": { proxy: () => Symbol("x") },
    "a proxy whose href throws": { proxy: () => throwing("href") },
    "a chooser that throws": { chooseAuthorizationServer: thrower },
  };
  for (const [what, options] of Object.entries(ways)) {
    await settles(async () => (await machine(internet, options)).signIn(SERVER), what);
  }
});
