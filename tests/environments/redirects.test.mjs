// "Outside pages (Node.js, Deno, Workers)": no browser asks the user before a redirect into a private network, so each
// hop is checked before it is requested (RFC 9728 §7.7, OWASP's Server-Side Request Forgery).

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { McpAuthorizer } from "mcp-authorize";
import { portOf } from "../../www/servers/port.mjs";

const SERVER = "https://mcp.example/mcp";
const PRM = "/.well-known/oauth-protected-resource/mcp";
const AS = "/.well-known/oauth-authorization-server";
const { fetch } = globalThis;

/** The public servers' responses, by host and path: a function, or the target of a redirect. */
let internet;
/** The requests to them, and to the program's own network. */
let requested, requestedInside;
let outside, inside;

const json = (body) => (response) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
const resource = json({ resource: SERVER, authorization_servers: ["https://as.example"] });
const metadata = json({
  issuer: "https://as.example",
  authorization_endpoint: "https://as.example/authorize",
  token_endpoint: "https://as.example/token",
  code_challenge_methods_supported: ["S256"],
});

before(async () => {
  outside = createServer((request, response) => {
    const name = `${request.headers["x-host"]}${request.url}`;
    requested.push(name);
    const answer = internet[name];
    if (typeof answer === "string") response.writeHead(302, { Location: answer }).end("elsewhere");
    else if (answer) answer(response);
    else response.writeHead(404).end();
  });
  // It would answer like the real servers. The test is that it gets no request.
  inside = createServer((request, response) => {
    requestedInside.push(request.url);
    (request.url?.includes("resource") ? resource : metadata)(response);
  });
  for (const server of [outside, inside]) await once(server.listen(0, "127.0.0.1"), "listening");
  // Sends requests for public names to the local stand-in. Other requests pass unchanged, including redirects.
  globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    const { host, protocol, pathname, search } = new URL(request.url);
    if (!host.endsWith(".example")) return fetch(request);
    assert.equal(protocol, "https:");
    const headers = new Headers(request.headers);
    headers.set("x-host", host);
    /** @type {any} */
    const same = {
      method: request.method,
      headers,
      body: request.body,
      redirect: request.redirect,
      signal: request.signal,
    };
    return fetch(`http://127.0.0.1:${portOf(outside)}${pathname}${search}`, { ...same, duplex: "half" });
  };
});
after(() => {
  globalThis.fetch = fetch;
  for (const server of [outside, inside]) server.close().closeAllConnections();
});
beforeEach(() => {
  [requested, requestedInside] = [[], []];
  internet = {
    "mcp.example/mcp": (response) =>
      response.writeHead(401, { "WWW-Authenticate": `Bearer resource_metadata="https://mcp.example${PRM}"` }).end(),
    [`mcp.example${PRM}`]: resource,
    [`as.example${AS}`]: metadata,
    "as.example/token": json({ access_token: "token", token_type: "Bearer" }),
  };
});

const authorizer = () =>
  McpAuthorizer.create({
    clientId: "machine",
    clientSecret: "s3cret",
    issuer: "https://as.example",
    grant: { type: "client_credentials" },
    storage: "memory",
  });

/** Diagnoses with the options of the command line. */
async function diagnose(server) {
  const options = {
    clientName: "Test",
    redirectUri: "https://app.example/callback",
    storage: /** @type {const} */ ("memory"),
  };
  return (await McpAuthorizer.create(options)).diagnose(server, { origin: "https://app.example" });
}

/** Redirect targets in the program's own network. */
const ways = () => {
  const at = `:${portOf(inside)}/resource`;
  return [
    `http://127.0.0.1${at}`,
    `http://localhost${at}`,
    `http://[::1]${at}`,
    `http://127.1${at}`,
    "https://10.0.0.1/",
  ];
};

for (const [what, place] of [
  ["resource metadata", `mcp.example${PRM}`],
  ["authorization server metadata", `as.example${AS}`],
]) {
  test(`a sign-in does not follow a redirect of ${what} to a private address`, async () => {
    for (const way of ways()) {
      for (const hop of [undefined, "https://hop.example/next", "/next"]) {
        const first = hop ?? way;
        internet[place] = first;
        internet["hop.example/next"] = way;
        internet[`${place.split("/")[0]}/next`] = way;
        /** @type {any} */
        const outcome = await (await authorizer()).signIn(SERVER).catch((error) => error);
        assert.equal(outcome.code, "invalid_response", `${way} ${outcome.message}`);
        assert.match(outcome.message, /redirects to another origin/);
        assert.deepEqual(requestedInside, [], `${way} by ${first}`);
      }
    }
  });

  test(`a diagnosis does not follow a redirect of ${what} to a private address`, async () => {
    for (const way of ways()) {
      internet[place] = way;
      const report = await diagnose(SERVER);
      assert.match(JSON.stringify(report), /redirects to /);
      assert.deepEqual(requestedInside, [], way);
    }
  });
}

test("neither follows a redirect of the MCP server to a private address", async () => {
  for (const way of ways()) {
    internet["mcp.example/mcp"] = way;
    await (await authorizer()).signIn(SERVER).catch(() => {});
    await diagnose(SERVER);
    assert.deepEqual(requestedInside, [], way);
  }
});

test("up to twenty redirects on the same origin are followed", async () => {
  internet[`mcp.example${PRM}`] = "/1";
  for (let count = 1; count < 19; count += 1) internet[`mcp.example/${count}`] = `${count + 1}`;
  internet["mcp.example/19"] = resource;
  const session = await (await authorizer()).signIn(SERVER);
  assert.equal(await session.accessToken(), "token");
  assert.ok(requested.includes("mcp.example/19"));

  internet["mcp.example/19"] = "/1";
  requested.length = 0;
  const { code } = await (await authorizer()).signIn(SERVER).catch((error) => error);
  assert.equal(code, "http_status");
  assert.ok(requested.filter((name) => /\/\d+$/.test(name)).length <= 25);
});

test("a server on a private network may redirect within it", async () => {
  const origin = `http://127.0.0.1:${portOf(inside)}`;
  const report = await diagnose(`${origin}/mcp`);
  assert.ok(report);
  assert.ok(requestedInside.length > 0);
});
