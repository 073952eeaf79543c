// "session.fetch: same semantics as fetch (Request objects, streaming bodies, signals, redirect); the body of a
// retried request is kept only when it can be; the token goes to the session's resource alone (same origin and
// path prefix) and never across a redirect to another origin. Server-sent event streams pass through untouched."

import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, describe } from "node:test";
import { gate, launchBrowser, startWorld, test } from "./world.mjs";
import { PATIENCE } from "../patience.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

/** Responds with the request's method, headers and body. */
async function echo(request, response) {
  const body = (await text(request)).replaceAll(/----WebKitFormBoundary\w+/g, "boundary");
  const { authorization, ...headers } = request.headers;
  if (headers["content-type"]?.startsWith("multipart")) headers["content-type"] = "multipart/form-data";
  response.end(JSON.stringify({ method: request.method, url: request.url, headers, body, authorization }));
}

/** Ways to call fetch. Each returns the arguments for the echo's URL. They run in the page. */
const WAYS = {
  "a string": (url) => [url],
  "a URL": (url) => [new URL(url)],
  "a query": (url) => [`${url}?a=1&b=%20c#fragment`],
  "an object with toString": (url) => [{ toString: () => url }],
  "a Request": (url) => [new Request(url, { headers: { "X-Test": "1" } })],
  "a Request with a body": (url) => [new Request(url, { method: "POST", body: "text", headers: { "X-Test": "1" } })],
  "a Request, and an init that overrides it": (url) => [
    new Request(url, { method: "POST", body: "text", headers: { "X-Test": "1" } }),
    { method: "PUT", body: "other", headers: { "X-Other": "2" } },
  ],
  "a Request, and an init without headers": (url) => [
    new Request(url, { headers: { "X-Test": "1" } }),
    { cache: "no-store" },
  ],
  Headers: (url) => [url, { headers: new Headers({ "X-Test": "1" }) }],
  "headers as a list": (url) => [
    url,
    {
      headers: [
        ["X-Test", "1"],
        ["X-Test", "2"],
      ],
    },
  ],
  "a method in lower case": (url) => [url, { method: "post", body: "text" }],
  JSON: (url) => [url, { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }],
  URLSearchParams: (url) => [url, { method: "POST", body: new URLSearchParams({ a: "1 2" }) }],
  FormData: (url) => {
    const body = new FormData();
    body.set("a", "1");
    return [url, { method: "POST", body }];
  },
  "a Blob": (url) => [url, { method: "POST", body: new Blob(["text"], { type: "text/x-test" }) }],
  bytes: (url) => [url, { method: "POST", body: new Uint8Array([65, 66]) }],
  HEAD: (url) => [url, { method: "HEAD" }],
  "null as init": (url) => [url, null],
};

async function echoing(t) {
  const world = await startWorld(t, browser);
  world.paths["/mcp/echo"] = echo;
  return { world, tab: await world.signedInTab() };
}

test("the server gets the same request as from fetch, plus the token", async (t) => {
  const { world, tab } = await echoing(t);
  const send = async (whose, way) => {
    const { text, ...rest } = await tab.evaluate(
      async ([whose, way, url]) => {
        /** @type {[any, any]} */
        const args = eval(way)(url);
        const response = await (whose === "session" ? app.session.fetch(...args) : fetch(...args));
        return { status: response.status, type: response.type, url: response.url, text: await response.text() };
      },
      [whose, `(${way})`, `${world.mcpUrl}/echo`],
    );
    return { ...rest, ...(text && JSON.parse(text)) };
  };

  for (const [name, way] of Object.entries(WAYS)) {
    const expected = await send("page", way);
    for (const refused of [false, true]) {
      await t.test(`${name}${refused ? ", sent again after 401" : ""}`, async () => {
        if (refused) world.rejected.add(world.tokens.access_token);
        const { authorization, ...got } = await send("session", way);
        assert.deepEqual(got, expected);
        if (name !== "HEAD") assert.equal(authorization, `Bearer ${world.tokens.access_token}`);
      });
    }
  }
  assert.equal(world.refreshes.length, Object.keys(WAYS).length);
});

test("the token replaces the app's own Authorization header", async (t) => {
  const { world, tab } = await echoing(t);
  const { authorization } = await tab.evaluate(async () => {
    const response = await app.session.fetch(`${app.mcpUrl}/echo`, { headers: { authorization: "Basic eDp5" } });
    return response.json();
  });
  assert.equal(authorization, `Bearer ${world.tokens.access_token}`);
});

test("session.fetch works without `this`", async (t) => {
  const { tab } = await echoing(t);
  assert.equal(await tab.evaluate(async () => (0, app.session.fetch)(`${app.mcpUrl}/echo`).then(({ ok }) => ok)), true);
});

test("a streaming request body is not sent again: the app gets the 401", async (t) => {
  const world = await startWorld(t, browser);
  world.paths["/mcp/echo"] = echo;
  // Chromium streams requests only over HTTP/2. This fetch reads the stream and sends its contents.
  const tab = await world.signedInTab(() => {
    const { fetch } = globalThis;
    app.bodies = 0;
    return app.start({
      async fetch(url, /** @type {any} */ { body, ...init } = {}) {
        delete init.duplex;
        if (!(body instanceof ReadableStream)) return fetch(url, { ...init, body });
        app.bodies += 1;
        return fetch(url, { ...init, body: await new Response(body).text() });
      },
    });
  });
  const send = () =>
    tab.evaluate(async () => {
      const body = new Blob(["streamed"]).stream();
      const response = await app.session.fetch(`${app.mcpUrl}/echo`, { method: "POST", body, duplex: "half" });
      return { status: response.status, text: await response.text() };
    });
  assert.equal(JSON.parse((await send()).text).body, "streamed");
  assert.equal(await tab.evaluate(() => app.bodies), 1);

  world.rejected.add(world.tokens.access_token);
  assert.equal((await send()).status, 401);
  assert.equal(await tab.evaluate(() => app.bodies), 2);
  // The app's next attempt uses the new token.
  assert.equal((await send()).status, 200);
  assert.equal(world.refreshes.length, 1);
});

describe("a signal aborts session.fetch with its reason, as with fetch", () => {
  const slow = async (t) => {
    const world = await startWorld(t, browser);
    world.paths["/mcp/slow"] = () => {};
    return { world, tab: await world.signedInTab() };
  };

  for (const [name, start] of [
    ["the signal is in init", (url, signal) => app.session.fetch(url, { signal })],
    ["the signal is in a Request", (url, signal) => app.session.fetch(new Request(url, { signal }))],
    [
      "the signal in init takes precedence over a Request's",
      (url, signal) => app.session.fetch(new Request(url, { signal: new AbortController().signal }), { signal }),
    ],
  ]) {
    test(name, async (t) => {
      const { world, tab } = await slow(t);
      const outcome = tab.evaluate(
        async ([start, url]) => {
          app.controller = new AbortController();
          app.reason = { mine: true };
          try {
            await eval(start)(url, app.controller.signal);
          } catch (error) {
            return error === app.reason;
          }
        },
        [`(${start})`, `${world.mcpUrl}/slow`],
      );
      let call;
      do [call] = await once(world, "call");
      while (!call.path.endsWith("/slow"));
      await tab.evaluate(() => app.controller.abort(app.reason));
      assert.equal(await outcome, true);
      await call.closed;
      assert.equal(call.aborted, true, "the request itself was not aborted");
    });
  }

  test("an aborted signal: nothing is sent", async (t) => {
    const { world, tab } = await slow(t);
    world.calls.length = 0;
    const names = await tab.evaluate(async () => {
      const name = (work) =>
        work.then(
          () => "none",
          (error) => error.name ?? error,
        );
      const init = { signal: AbortSignal.abort("enough") };
      return [
        await name(app.session.fetch(app.mcpUrl, init)),
        await name(app.session.fetch(app.mcpUrl, { signal: AbortSignal.abort() })),
        await name(app.session.fetch(new Request(app.mcpUrl, init))),
      ];
    });
    assert.deepEqual(names, ["enough", "AbortError", "enough"]);
    assert.deepEqual(world.calls, []);
  });

  test("AbortSignal.timeout: TimeoutError", async (t) => {
    const { tab } = await slow(t);
    const name = await tab.evaluate(() =>
      app.session.fetch(`${app.mcpUrl}/slow`, { signal: AbortSignal.timeout(100) }).catch((error) => error.name),
    );
    assert.equal(name, "TimeoutError");
  });

  test("a signal aborts the wait for a refresh", async (t) => {
    const { world, tab } = await slow(t);
    const way = gate();
    world.answerToken = async (form, server) => (await way.pass(), server(form));
    await tab.evaluate(() => app.expire());
    const outcome = tab.evaluate(async () => {
      app.controller = new AbortController();
      return app.session.fetch(app.mcpUrl, { signal: app.controller.signal }).catch((error) => error);
    });
    await way.arrived;
    await tab.evaluate(() => app.controller.abort("enough"));
    assert.equal(await outcome, "enough");
    way.open();
  });

  test("a signal aborts the response's body", async (t) => {
    const { world, tab } = await slow(t);
    world.paths["/mcp/half"] = (request, response) => response.writeHead(200).write("half");
    const outcome = await tab.evaluate(async () => {
      const controller = new AbortController();
      const response = await app.session.fetch(`${app.mcpUrl}/half`, { signal: controller.signal });
      const reader = response.body.getReader();
      await reader.read();
      const rest = reader.read().catch((error) => error.name ?? error);
      controller.abort("enough");
      return rest;
    });
    // By the Fetch standard it is the reason. Chromium uses its own error, also with plain fetch.
    assert.ok(["enough", "AbortError"].includes(outcome), outcome);
  });
});

describe("the token is sent only to the session's resource", () => {
  test("wrong_resource for other origins and paths, and nothing is sent", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const { origin, host, port } = new URL(world.mcpUrl);
    world.calls.length = 0;
    for (const url of [
      `${world.elsewhere}/mcp`,
      `http://127.0.0.1:${port}/mcp`,
      `https://${host}/mcp`,
      `http://user:password@${host}/elsewhere`,
      `http://${host}@${new URL(world.elsewhere).host}/mcp`,
      `http://${host}.elsewhere.example/mcp`,
      `${origin}/`,
      `${origin}/mcpx`,
      `${origin}/MCP`,
      `${origin}/other/mcp`,
      `${origin}/mcp/../other`,
      `${origin}/mcp/%2e%2e/other`,
      `${origin}/mcp\\..\\..\\other`,
      `${origin}/other?/mcp`,
      `//${new URL(world.elsewhere).host}/mcp`,
      "/mcp",
      "mcp",
      "",
      "data:text/plain,mcp",
      "blob:null/mcp",
      "javascript:0",
      "http://",
    ]) {
      for (const kind of ["text", "request"]) {
        const { error, value } = await tab.evaluate(
          ([url, kind]) => {
            /** @type {string | Request} */
            let input = url;
            try {
              if (kind === "request") input = new Request(url);
            } catch {
              // Not a valid URL for a Request.
            }
            return app.outcome(app.session.fetch(input, { method: "POST" }).then(({ status }) => status));
          },
          [url, kind],
        );
        assert.equal(error?.code ?? value, "wrong_resource", `${url} as ${kind}`);
      }
    }
    assert.deepEqual(world.calls, []);
    assert.deepEqual(world.elsewhereRequests, []);
  });

  test("the checked URL is the one requested, even if the input changes in between", async (t) => {
    const { world, tab } = await echoing(t);
    const code = await tab.evaluate(async (elsewhere) => {
      let count = 0;
      const input = { toString: () => (count++ === 0 ? `${app.mcpUrl}/echo` : elsewhere) };
      return app.session.fetch(input).then(
        ({ url }) => url,
        ({ code }) => code,
      );
    }, `${world.elsewhere}/`);
    assert.equal(code, `${world.mcpUrl}/echo`);
    assert.deepEqual(world.elsewhereRequests, []);
  });

  test("paths below the resource are covered", async (t) => {
    const { world, tab } = await echoing(t);
    for (const path of ["/echo", "/echo?x", "/../mcp/echo", "/%2e/echo"]) {
      const status = await tab.evaluate(async (path) => (await app.session.fetch(app.mcpUrl + path)).status, path);
      assert.equal(status, 200, path);
    }
    assert.equal(world.refreshes.length, 0);
  });

  test("a redirect to another origin is not followed: wrong_resource names the target", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    world.paths["/mcp/away"] = (request, response, query) =>
      response.writeHead(Number(query.get("status")), { Location: `${world.elsewhere}/there?secret` }).end();
    for (const status of [301, 302, 303, 307, 308]) {
      for (const method of ["GET", "POST"]) {
        const errors = await tab.evaluate(async (/** @type {[number, string]} */ [status, method]) => {
          const url = `${app.mcpUrl}/away?status=${status}`;
          /** @type {RequestInit} */
          const init = { method, body: method === "POST" ? "text" : undefined, cache: "no-store" };
          return [
            (await app.outcome(app.session.fetch(url, init))).error,
            (await app.outcome(app.session.fetch(new Request(url, init)))).error,
          ];
        }, /** @type {[number, string]} */ ([status, method]));
        for (const error of errors) {
          assert.equal(error?.code, "wrong_resource", `${status} ${method}`);
          assert.match(
            error.message,
            new RegExp(`/mcp/away redirects to ${world.elsewhere}/there, which is not below`),
          );
          assert.doesNotMatch(error.message, /secret/);
        }
      }
    }
    assert.equal(world.calls.filter(({ path, token }) => path === "/mcp/away" && token).length, 20);
    for (const request of world.elsewhereRequests) {
      assert.equal(request.headers.authorization, undefined);
      assert.ok(!JSON.stringify(request).includes(world.tokens.access_token));
    }
  });

  test("a redirect to another path of the same origin is not followed, although a browser would send the token there", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    world.paths["/mcp/away"] = (request, response) => response.writeHead(307, { Location: "/tenant-b/mcp" }).end();
    world.paths["/tenant-b/mcp"] = (request, response) => response.end("tenant b");
    const { error } = await tab.evaluate(() => app.outcome(app.session.fetch(`${app.mcpUrl}/away`)));
    assert.equal(error?.code, "wrong_resource");
    assert.match(error.message, /\/mcp\/away redirects to http:\/\/localhost:\d+\/tenant-b\/mcp, which is not below/);
    assert.deepEqual(
      world.calls.filter(({ path, token }) => path === "/tenant-b/mcp" && token),
      [],
    );
  });

  test("a redirect within the resource, such as /mcp to /mcp/, is followed with the token and the body", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    world.paths["/mcp/tool"] = (request, response) => response.writeHead(307, { Location: "/mcp/tool/" }).end();
    world.paths["/mcp/tool/"] = echo;
    for (const kind of ["text", "request"]) {
      const answer = await tab.evaluate(async (kind) => {
        const init = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
        const args = kind === "text" ? [`${app.mcpUrl}/tool`, init] : [new Request(`${app.mcpUrl}/tool`, init)];
        const response = await app.session.fetch(...args);
        return { ...(await response.json()), url: response.url };
      }, kind);
      const { url, method, body, authorization, headers } = answer;
      assert.deepEqual([url, method, body], [`${world.mcpUrl}/tool/`, "POST", "{}"]);
      assert.equal(authorization, `Bearer ${world.tokens.access_token}`);
      assert.equal(headers["content-type"], "application/json");
    }
  });

  test("endless redirects end with an error", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    let count = 0;
    world.paths["/mcp/loop"] = (request, response) =>
      response.writeHead(307, { Location: `/mcp/loop?${count++}` }).end();
    const { error } = await tab.evaluate(() => app.outcome(app.session.fetch(`${app.mcpUrl}/loop`)));
    assert.ok(["network", "wrong_resource"].includes(error?.code), error?.code);
  });

  test("a page's <base> does not change where the token is sent", async (t) => {
    const { world, tab } = await echoing(t);
    const outcomes = await tab.evaluate(async (elsewhere) => {
      const base = document.createElement("base");
      base.href = `${elsewhere}/`;
      document.head.append(base);
      const input = new URL(app.mcpUrl).pathname;
      return [
        await app.outcome(app.session.fetch(`${input}/echo`)),
        await app.outcome(app.session.fetch(`${app.mcpUrl}/echo`).then(({ url }) => url)),
      ];
    }, world.elsewhere);
    assert.equal(outcomes[0].error?.code, "wrong_resource");
    assert.equal(outcomes[1].value, `${world.mcpUrl}/echo`);
    assert.deepEqual(world.elsewhereRequests, []);
  });

  test("a proof of possession is not sent to another origin", async (t) => {
    const world = await startWorld(t, browser, { dpop: true });
    const tab = await world.signedInTab();
    assert.equal(world.tokens.token_type, "DPoP");
    world.paths["/mcp/away"] = (request, response) =>
      response.writeHead(307, { Location: `${world.elsewhere}/there` }).end();
    const outcomes = await tab.evaluate(async () => {
      const url = `${app.mcpUrl}/away`;
      const code = (promise) =>
        promise.then(
          ({ type }) => type,
          (error) => error.code,
        );
      return [
        await code(app.session.fetch(url)),
        await code(app.session.fetch(url, { method: "POST", body: "text" })),
        await code(app.session.fetch(new Request(url))),
        await code(app.session.fetch(url, { redirect: "manual" })),
      ];
    });
    assert.deepEqual(outcomes, ["wrong_resource", "wrong_resource", "wrong_resource", "opaqueredirect"]);
    // The library looks for the redirect's target, and sends neither token nor proof (a JWT) there.
    for (const request of world.elsewhereRequests) assert.ok(!JSON.stringify(request).includes("eyJ"));
    // Plain fetch would send the proof there.
    await tab.evaluate(
      (url) => fetch(url, { headers: { DPoP: "proof", Authorization: "DPoP token" } }),
      `${world.mcpUrl}/away`,
    );
    const { headers } = world.elsewhereRequests.find(({ headers }) => headers.dpop === "proof");
    assert.deepEqual([headers.dpop, headers.authorization], ["proof", undefined]);
  });

  test("the caller's `redirect` is respected: manual and error are not followed", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    world.paths["/mcp/away"] = (request, response) =>
      response.writeHead(302, { Location: `${world.elsewhere}/there` }).end();
    const outcomes = await tab.evaluate(async () => {
      const url = `${app.mcpUrl}/away`;
      const type = (promise) =>
        promise.then(
          ({ type, status }) => `${type} ${status}`,
          (error) => error.code,
        );
      return [
        await type(app.session.fetch(url, { redirect: "manual" })),
        await type(app.session.fetch(new Request(url, { redirect: "manual" }))),
        await type(app.session.fetch(url, { redirect: "error" })),
      ];
    });
    assert.deepEqual(outcomes, ["opaqueredirect 0", "opaqueredirect 0", "network"]);
    assert.deepEqual(world.elsewhereRequests, []);
  });
});

test("server-sent events pass through untouched, and each arrives when it is sent", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  let stream;
  world.paths["/mcp/events"] = (request, response) => {
    stream = response;
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("data: first\n\n");
  };
  const read = () =>
    tab.evaluate(async () => {
      const { done, value } = await app.reader.read();
      return done ? null : new TextDecoder().decode(value);
    });
  const answer = await tab.evaluate(async () => {
    const response = await app.session.fetch(`${app.mcpUrl}/events`, { headers: { Accept: "text/event-stream" } });
    app.reader = response.body.getReader();
    const type = response.headers.get("content-type");
    return { response: response instanceof Response, used: response.bodyUsed, type };
  });
  assert.deepEqual(answer, { response: true, used: false, type: "text/event-stream" });
  assert.equal(await read(), "data: first\n\n");
  stream.write("data: second\n\n");
  assert.equal(await read(), "data: second\n\n");
  // The stream continues after a refresh.
  await tab.evaluate(() => app.session.refresh());
  stream.write("data: third\n\n");
  assert.equal(await read(), "data: third\n\n");
  stream.end();
  assert.equal(await read(), null);
});

test("an event stream survives the expiry of its token, and the next request gets a new token", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  /** @type {import("node:http").ServerResponse[]} */
  const streams = [];
  world.paths["/mcp/events"] = (request, response) => {
    streams.push(response);
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`data: stream ${streams.length}\n\n`);
  };
  const open = () =>
    tab.evaluate(async () => {
      const response = await app.session.fetch(`${app.mcpUrl}/events`, { headers: { Accept: "text/event-stream" } });
      app.reader = response.body.getReader();
    });
  /** The next event, or the error's name if the connection broke. */
  const read = () =>
    tab.evaluate(() =>
      app.reader.read().then(
        ({ done, value }) => (done ? null : new TextDecoder().decode(value)),
        (error) => error.name,
      ),
    );
  await open();
  assert.equal(await read(), "data: stream 1\n\n");

  // From now on, the server rejects the token, but the open stream continues.
  world.rejected.add(world.tokens.access_token);
  streams[0].write("data: still there\n\n");
  assert.equal(await read(), "data: still there\n\n");
  assert.equal(await tab.evaluate(() => app.call()), "ok");
  assert.equal(world.refreshes.length, 1);
  streams[0].write("data: after the refresh\n\n");
  assert.equal(await read(), "data: after the refresh\n\n");

  // The server may also end the stream. Then the app gets the error, nothing is refreshed, and a new stream gets a new
  // token.
  world.rejected.add(world.tokens.access_token);
  streams[0].destroy();
  assert.equal(await read(), "TypeError");
  assert.equal(world.refreshes.length, 1);
  await open();
  assert.equal(await read(), "data: stream 2\n\n");
  assert.equal(world.refreshes.length, 2);
});

test("other statuses are passed to the app: 404, 500 and 403 without a challenge do not reject", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  for (const status of [204, 304, 400, 403, 404, 500, 503]) {
    world.paths["/mcp/status"] = (request, response) => response.writeHead(status).end();
    assert.equal(await tab.evaluate(async () => (await app.session.fetch(`${app.mcpUrl}/status`)).status), status);
  }
  assert.equal(world.refreshes.length, 0);
});

test("a 403 without a challenge and with an endless body is passed to the app after at most `requestTimeout`", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab(() => app.start({ requestTimeout: 3000 }));
  // RFC 6750 §3.1 puts the error into the header. If that is hidden, the library looks for it in the body, for as long
  // as a request may take.
  world.paths["/mcp/endless"] = (request, response) => {
    response.writeHead(403, { "Content-Type": "application/json" }).write('{"error": "insuf');
    const timer = setInterval(() => response.write(" "), 50);
    response.on("close", () => clearInterval(timer));
  };
  const outcome = tab.evaluate(async () => {
    const response = await app.session.fetch(`${app.mcpUrl}/endless`);
    const { value } = await response.body.getReader().read();
    return [response.status, response.bodyUsed, new TextDecoder().decode(value).slice(0, 16)];
  });
  const late = new Promise((done) => setTimeout(done, PATIENCE, "still waiting").unref());
  assert.deepEqual(await Promise.race([outcome, late]), [403, true, '{"error": "insuf']);
});

test("fetch's error is the cause of the rejection", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  world.paths["/mcp/broken"] = (request, response) => response.destroy();
  const { error } = await tab.evaluate(() => app.outcome(app.session.fetch(`${app.mcpUrl}/broken`)));
  assert.equal(error.name, "McpAuthorizeError");
  assert.equal(error.code, "network");
  assert.deepEqual(error.cause, { name: "TypeError", code: undefined });
});
