// Deviations that people reported of live MCP and authorization servers, with the expected results.
//
// The principle: be strict with values that give authority, and lenient with values that only inform. The user can
// always try again, whatever a server does.

import { redirect } from "./server.mjs";

/**
 * @typedef {object} Shape
 * @property {string} title what the server does
 * @property {Record<string, (request: any, good: any) => any>} [changes] the changes to the strict server
 * @property {object} [options] the authorizer's options
 * @property {string} [act] "sign-in" (the default): sign in and call; "refresh": then expire the access token and call
 *   again
 * @property {any} end "session", or the error: `{ code?, says?, never?, transient? }`
 * @property {(world: any) => unknown} [after] further checks of the server
 */

const PRM = "/.well-known/oauth-protected-resource";
const member = (more) => (request, good) => ({ ...good, body: { ...good.body, ...more(request) } });
const challenge =
  (value) =>
  ({ server, headers }, good) =>
    good.status === 401 ? { ...good, headers: { "WWW-Authenticate": value(server, headers) } } : good;
const prmOf = (server) => `${server.mcpOrigin}${PRM}/mcp`;
const none = { status: 404, body: "Not found" };

/** Changes the answers to token requests of one grant. */
const grant = (type, change) => ({
  token: (request, good) => (request.form.grant_type === type ? change(request, good) : good),
});
const atRefresh = (answer) =>
  grant("refresh_token", (request, good) => (typeof answer === "function" ? answer(request, good) : answer));
const atExchange = (answer) =>
  grant("authorization_code", (request, good) => (typeof answer === "function" ? answer(request, good) : answer));

const refused = (title, answer, says) => ({
  title: `refresh: ${title}`,
  act: "refresh",
  changes: atRefresh(answer),
  end: { code: "session_expired", says },
  ends: true,
});
const passing = (title, answer) => ({
  title: `refresh: ${title}`,
  act: "refresh",
  changes: atRefresh(answer),
  end: { transient: true },
});

/** A server of MCP 2025-03-26: no resource metadata, and its authorization server on the same origin. */
const old = (changes) => ({
  mcp: challenge(() => "Bearer"),
  [`${PRM}/mcp`]: () => none,
  [PRM]: () => none,
  other: ownAuthorizationServer,
  ...changes,
});

/** The endpoints of the authorization server at the MCP server's origin. */
async function ownAuthorizationServer(request, good) {
  const { server, url, method, headers } = request;
  if (url.origin !== server.mcpOrigin || !["/authorize", "/token", "/register"].includes(url.pathname)) return good;
  /** @type {RequestInit} */
  const init = { method, redirect: "manual", headers: { "Content-Type": headers["content-type"] ?? "text/plain" } };
  if (method === "POST")
    init.body = request.json ? JSON.stringify(request.json) : new URLSearchParams(request.form).toString();
  const response = await fetch(server.issuer + url.pathname + url.search, init);
  const location = response.headers.get("location");
  if (location) {
    const target = new URL(location);
    target.searchParams.delete("iss");
    return { status: 302, headers: { Location: target.href } };
  }
  const body = await response.text();
  return { status: response.status, body: body.startsWith("{") ? JSON.parse(body) : body };
}

/** @type {(Shape & Record<string, any>)[]} */
export const shapes = [
  { title: "no deviation", end: "session" },
  { title: "refresh: no deviation", act: "refresh", end: "session" },

  // A definite refusal of a refresh ends the session.
  refused('400 {"error":"invalid_grant"}', { status: 400, body: { error: "invalid_grant" } }, /invalid_grant/),
  refused('400 {"error":"invalid_request"}', { status: 400, body: { error: "invalid_request" } }, /invalid_request/),
  refused(
    '400 {"error":"invalid_refresh_token"}',
    { status: 400, body: { error: "invalid_refresh_token" } },
    /invalid_refresh_token/,
  ),
  refused(
    '400 {"error":"unauthorized_client"}',
    { status: 400, body: { error: "unauthorized_client" } },
    /unauthorized_client/,
  ),
  refused('400 {"code":400,"msg":"…"}', { status: 400, body: { code: 400, msg: "token is gone" } }),
  refused("401 with an empty body", { status: 401 }),
  refused("403 with a page", { status: 403, body: "<h1>Forbidden</h1>" }),
  refused("404 with a page", { status: 404, body: "<h1>Not found</h1>" }),
  refused("410 with JSON that is not an object", { status: 410, body: [1] }),
  refused('200 {"error":"bad_refresh_token"}', { body: { error: "bad_refresh_token" } }, /bad_refresh_token/),
  refused("200 with a page", { body: "<h1>Sign in</h1>" }),
  refused("200 {}", { body: {} }),
  refused("200 with a token of an unknown type", { body: { access_token: "x", token_type: "mac" } }),
  refused("204", { status: 204 }),
  refused(
    '400 {"error":{"code":"invalid_grant","message":"gone"}}',
    { status: 400, body: { error: { code: "invalid_grant", message: "gone" } } },
    /invalid_grant/,
  ),
  refused('400 {"error":["expired_token"]}', { status: 400, body: { error: ["expired_token"] } }, /expired_token/),
  refused('200 {"error":190,"message":"gone"}', { body: { error: 190, message: "gone" } }),
  refused("200 with an error beside tokens", (_, good) => ({ body: { ...good.body, error: "invalid_grant" } })),
  refused("200 with tokens in an envelope", (_, good) => ({ body: { data: good.body } })),
  refused("302 to a sign-in page", ({ server }) => ({ status: 302, headers: { Location: `${server.issuer}/login` } })),
  refused("307 to another place", ({ server }) => ({ status: 307, headers: { Location: `${server.issuer}/token2` } })),
  refused("400 with an error as a form", {
    status: 400,
    headers: { "Content-Type": "text/plain" },
    body: "error=invalid_grant",
  }),
  passing("408", { status: 408 }),
  passing("425", { status: 425, body: { error: "too_early" } }),
  passing('429 {"error":"invalid_request"}', {
    status: 429,
    headers: { "Retry-After": "1" },
    body: { error: "invalid_request" },
  }),
  passing("500 with a page", { status: 500, body: "<h1>Oops</h1>" }),
  passing('503 {"error":"temporarily_unavailable"}', { status: 503, body: { error: "temporarily_unavailable" } }),
  passing("the connection is cut", { status: "destroy" }),
  {
    title: "refresh: no token_type",
    act: "refresh",
    changes: atRefresh((request, good) => ({ ...good, body: { ...good.body, token_type: undefined } })),
    end: "session",
  },
  ...[
    ['token_type is "bearer" with a space', { token_type: " bearer" }],
    ["token_type is not a string", { token_type: 5 }],
    ["error is null, beside tokens", { error: null }],
    ["scope is a list", { scope: ["read"] }],
    ['expires_in is "3600.5"', { expires_in: "3600.5" }],
  ].map((/** @type {any} */ [title, more]) => ({
    title: `refresh: ${title}`,
    act: "refresh",
    changes: atRefresh((request, good) => ({ ...good, body: { ...good.body, ...more } })),
    end: "session",
  })),
  {
    title: "refresh: Retry-After of a year",
    act: "refresh",
    changes: atRefresh({ status: 429, headers: { "Retry-After": "31536000" }, body: {} }),
    end: { transient: true },
  },

  // Challenges only inform.
  ...[
    ["resource_metadata is relative", () => `Bearer resource_metadata="${PRM}/mcp", scope="read"`],
    ["resource_metadata is not quoted", (server) => `Bearer resource_metadata=${prmOf(server)}, scope="read"`],
    ["resource_metadata is in single quotes", (server) => `Bearer resource_metadata='${prmOf(server)}', scope="read"`],
    ["resource_metadata is empty", () => `Bearer resource_metadata="", scope="read"`],
    ["resource_metadata is not a URL", () => `Bearer resource_metadata="see the docs"`],
    ["resource_metadata gives 404", (server) => `Bearer resource_metadata="${server.mcpOrigin}/gone"`],
    [
      "resource_metadata comes twice, the first is bad",
      (server) => `Bearer resource_metadata="${server.mcpOrigin}/gone", resource_metadata="${prmOf(server)}"`,
    ],
    [
      "two challenges, the first with a wrong URL",
      (server) => `Bearer resource_metadata="${server.mcpOrigin}/gone", DPoP resource_metadata="${prmOf(server)}"`,
    ],
    [
      "commas between parameters are missing",
      (server) => `Bearer realm="x" resource_metadata="${prmOf(server)}" scope="read"`,
    ],
    ["a challenge without parameters", () => "Bearer"],
    ["all in upper case", (server) => `BEARER RESOURCE_METADATA="${prmOf(server)}", SCOPE="read"`],
    [
      "other schemes first, one with a token",
      (server) => `Negotiate abc==, Basic realm="a, b", Bearer resource_metadata="${prmOf(server)}"`,
    ],
    ["a trailing comma", (server) => `Bearer resource_metadata="${prmOf(server)}",`],
    ["a comma after the scheme", (server) => `Bearer, resource_metadata="${prmOf(server)}"`],
    ["tabs", (server) => `Bearer\tresource_metadata\t=\t"${prmOf(server)}"\t,\tscope="read"`],
    ["semicolons", (server) => `Bearer resource_metadata="${prmOf(server)}"; scope="read"`],
    ["an unclosed quote", (server) => `Bearer resource_metadata="${prmOf(server)}`],
    ["resource_metadata has a fragment", (server) => `Bearer resource_metadata="${prmOf(server)}#x"`],
    ["an unknown scheme", (server) => `MCP resource_metadata="${prmOf(server)}"`],
    [
      "three challenges, the third names it",
      (server) => `Bearer, Bearer x=y, Bearer resource_metadata="${prmOf(server)}"`,
    ],
  ].map(([title, value]) => ({ title: `challenge: ${title}`, changes: { mcp: challenge(value) }, end: "session" })),
  {
    title: "challenge: the scope is neither quoted nor a token",
    changes: { mcp: challenge((server) => `Bearer scope=read:data, resource_metadata="${prmOf(server)}"`) },
    end: "session",
    after: ({ authorized, assert }) =>
      assert.equal(authorized.scope, "read write", "expected all scopes of the metadata"),
  },
  {
    title: "challenge: resource_metadata gives 403 with a page",
    changes: {
      mcp: challenge((server) => `Bearer resource_metadata="${server.mcpOrigin}/gone"`),
      other: () => ({ status: 403, body: "<h1>Forbidden</h1>" }),
    },
    end: "session",
  },
  ...[
    ["a page", { body: "<!doctype html>" }],
    ["nothing", { status: 204 }],
    ["a list", { body: [] }],
  ].map((/** @type {any} */ [title, answer]) => ({
    title: `challenge: resource_metadata gives 200 with ${title}`,
    changes: {
      mcp: challenge((server) => `Bearer resource_metadata="${server.mcpOrigin}/app"`),
      other: ({ url }, good) => (url.pathname === "/app" ? answer : good),
    },
    end: "session",
  })),
  {
    title: "challenge: resource_metadata gives 200 with a page, and so do the well-known URLs",
    changes: {
      mcp: challenge((server) => `Bearer resource_metadata="${server.mcpOrigin}/app"`),
      resource: () => ({ body: "<!doctype html>" }),
      other: ownAuthorizationServer,
      "/app": () => ({ body: "<!doctype html>" }),
    },
    end: { code: "invalid_response", says: /app did not answer with a JSON object/ },
    after: ({ server, assert }) =>
      assert.ok(!server.state.requests.includes("POST /register"), "registered at a guessed endpoint"),
  },
  {
    title: "challenge: resource_metadata is of another resource: the well-known metadata is not used instead",
    changes: {
      mcp: challenge((server) => `Bearer resource_metadata="${server.mcpOrigin}/of-another"`),
      "/of-another": ({ server }) => ({
        body: { resource: "https://other.example/mcp", authorization_servers: [server.issuer] },
      }),
    },
    end: { code: "resource_mismatch", says: /other\.example/ },
  },
  ...[429, 500, 503].map((status) => ({
    title: `the MCP server answers ${status} in place of a challenge, and has no metadata`,
    changes: {
      mcp: ({ headers }, good) =>
        headers.authorization ? good : { status, headers: { "Retry-After": "9" }, body: "busy" },
      resource: () => none,
    },
    end: { code: "http_status", says: new RegExp(`${status}`), never: /check its path/i },
    after: ({ error, assert }) => assert.deepEqual([error.status, error.retryAfter], [status, 9]),
  })),
  ...[400, 403, 405, 500].map((status) => ({
    title: `the MCP server answers ${status} in place of a challenge, and has metadata`,
    changes: { mcp: (_, good) => (good.status === 401 ? { status } : good) },
    end: "session",
  })),
  ...[429, 503].map((status) => ({
    title: `challenge: resource_metadata gives ${status}`,
    changes: {
      mcp: challenge((server) => `Bearer resource_metadata="${server.mcpOrigin}/busy"`),
      resource: () => ({ status, headers: { "Retry-After": "7" } }),
      other: ({ url }, good) => (url.pathname === "/busy" ? { status, headers: { "Retry-After": "7" } } : good),
    },
    end: { code: "http_status", says: new RegExp(`${status}`) },
    after: ({ server, error, assert }) => {
      assert.equal(error.status, status);
      assert.equal(server.count("register"), 0);
      assert.ok(!server.state.requests.some((request) => request.endsWith("/register")), "registered somewhere");
    },
  })),
  ...[408, 425, 429].flatMap((status) =>
    [true, false].map((hinted) => ({
      title: `metadata of the resource: ${status}${hinted ? "" : ", and no hint in the challenge"}`,
      changes: {
        mcp: challenge((server) => (hinted ? `Bearer resource_metadata="${prmOf(server)}"` : "Bearer")),
        resource: () => ({ status, body: "busy" }),
        other: () => ({ status, body: "busy" }),
      },
      end: { code: "http_status", says: new RegExp(`${status}`) },
      after: ({ server, error, assert }) => {
        assert.equal(error.status, status);
        assert.ok(
          !server.state.requests.some((request) => request.startsWith("POST /register")),
          "registered somewhere",
        );
      },
    })),
  ),
  {
    title: "the challenge names metadata that does not exist: nothing is registered at a guessed endpoint",
    changes: {
      mcp: challenge((server) => `Bearer resource_metadata="${server.mcpOrigin}/gone"`),
      resource: () => none,
      other: ownAuthorizationServer,
    },
    end: { code: "metadata_not_found" },
    after: ({ server, assert }) =>
      assert.ok(!server.state.requests.some((request) => request.startsWith("POST /register"))),
  },

  // Servers of MCP 2025-03-26.
  { title: "2025-03-26: only default endpoints", changes: old({}), end: "session" },
  {
    title: "2025-03-26: every other path answers 200 with a page",
    changes: old({
      [`${PRM}/mcp`]: () => ({ body: "<!doctype html>" }),
      [PRM]: () => ({ body: "<!doctype html>" }),
      other: async (request, good) => {
        const answer = await ownAuthorizationServer(request, good);
        return answer === good ? { body: "<!doctype html>" } : answer;
      },
    }),
    end: "session",
  },
  {
    title: "2025-03-26: its metadata names itself with a slash at the end",
    changes: old({
      "/.well-known/oauth-authorization-server": ({ server, url }, good) => {
        if (url.origin !== server.mcpOrigin) return good;
        const at = (path) => server.mcpOrigin + path;
        return {
          body: {
            issuer: `${server.mcpOrigin}/`,
            authorization_endpoint: at("/authorize"),
            token_endpoint: at("/token"),
            registration_endpoint: at("/register"),
            response_types_supported: ["code"],
            code_challenge_methods_supported: ["S256"],
          },
        };
      },
    }),
    options: { strictIssuer: true },
    end: "session",
  },

  // The probe.
  ...[307, 308].map((status) => ({
    title: `/mcp is redirected to /mcp/ by ${status}`,
    changes: {
      mcp: ({ server }) => ({ status, headers: { Location: `${server.mcpOrigin}/mcp/` } }),
      "/mcp/": ({ headers, server }) =>
        server.state.access.has(headers.authorization?.slice(7))
          ? { body: { jsonrpc: "2.0", id: 1, result: {} } }
          : { status: 401, headers: { "WWW-Authenticate": `Bearer resource_metadata="${prmOf(server)}"` } },
    },
    end: "session",
  })),
  {
    title: "the server's URL ends with a slash, and the metadata's URL does not",
    path: "/mcp/",
    changes: {
      "/mcp/": ({ headers, server }) =>
        server.state.access.has(headers.authorization?.slice(7))
          ? { body: {} }
          : { status: 401, headers: { "WWW-Authenticate": "Bearer" } },
    },
    end: "session",
  },
  {
    title: "the server's URL ends with a slash, and so does the metadata's URL",
    path: "/mcp/",
    changes: {
      "/mcp/": ({ headers, server }) =>
        server.state.access.has(headers.authorization?.slice(7))
          ? { body: {} }
          : { status: 401, headers: { "WWW-Authenticate": "Bearer" } },
      [`${PRM}/mcp`]: () => none,
      [`${PRM}/mcp/`]: ({ server }) => ({ body: { resource: server.mcpUrl, authorization_servers: [server.issuer] } }),
    },
    end: "session",
  },
  {
    title: "a mistyped path: 404 from the MCP server",
    changes: { mcp: () => none, resource: () => none },
    end: { code: "authorization_not_required", says: /404/ },
  },

  // Issuers.
  {
    title: "the metadata's issuer ends with a slash, and the list's entry does not",
    changes: {
      metadata: member(({ server }) => ({ issuer: `${server.issuer}/` })),
      authorize: ({ server }, good) => withIss(good, `${server.issuer}/`),
    },
    end: "session",
  },
  {
    title: "the list's issuer ends with a slash, and the metadata's does not",
    changes: { resource: member(({ server }) => ({ authorization_servers: [`${server.issuer}/`] })) },
    end: "session",
  },
  {
    title: "the metadata's issuer ends with a slash, and the list's entry does not: strictIssuer",
    changes: { metadata: member(({ server }) => ({ issuer: `${server.issuer}/` })) },
    options: { strictIssuer: true },
    end: { code: "issuer_mismatch", says: /acceptIssuers/ },
  },
  {
    title: "the metadata's issuer ends with a slash, and the response's iss does not",
    changes: { metadata: member(({ server }) => ({ issuer: `${server.issuer}/` })) },
    end: { code: "issuer_mismatch" },
  },
  {
    title: "the metadata's issuer has another path",
    changes: { metadata: member(({ server }) => ({ issuer: `${server.issuer}/v2` })) },
    end: { code: "issuer_mismatch", says: /acceptIssuers: \{ "(.*)": "\1\/v2" \}/ },
  },
  {
    title: "the metadata's issuer has another path: acceptIssuers",
    changes: {
      metadata: member(({ server }) => ({ issuer: `${server.issuer}/v2` })),
      authorize: ({ server }, good) => withIss(good, `${server.issuer}/v2`),
    },
    options: (server) => ({ acceptIssuers: { [server.issuer]: `${server.issuer}/v2` } }),
    end: "session",
  },

  // Optional members.
  ...["", 5, {}, [5], null].flatMap((rubbish) =>
    ["revocation_endpoint", "scopes_supported", "service_documentation", "pushed_authorization_request_endpoint"].map(
      (name) => ({
        title: `metadata: ${name} is ${JSON.stringify(rubbish)}`,
        changes: { metadata: member(() => ({ [name]: rubbish })) },
        end: "session",
      }),
    ),
  ),
  {
    title: "metadata: registration_endpoint is empty, and there is a clientId",
    changes: { metadata: member(() => ({ registration_endpoint: "" })) },
    options: (server) => {
      server.state.clients.set("by-hand", {
        client_id: "by-hand",
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: "none",
      });
      return { clientId: "by-hand" };
    },
    end: "session",
  },
  {
    title: "resource is a list of one",
    changes: { resource: member(({ server }) => ({ resource: [server.mcpUrl] })) },
    end: "session",
  },
  {
    title: "authorization_servers is a string",
    changes: { resource: member(({ server }) => ({ authorization_servers: server.issuer })) },
    end: "session",
  },
  {
    title: "an unusable authorization server beside a good one",
    changes: {
      resource: member(({ server }) => ({ authorization_servers: ["http://intranet.example", "", server.issuer] })),
    },
    end: "session",
  },
  ...[[], "", [null], "token code"].map((types) => ({
    title: `metadata: response_types_supported is ${JSON.stringify(types)}`,
    changes: { metadata: member(() => ({ response_types_supported: types })) },
    end: "session",
  })),
  ...["S256", "plain S256", [5, "S256"]].map((methods) => ({
    title: `metadata: code_challenge_methods_supported is ${JSON.stringify(methods)}`,
    changes: { metadata: member(() => ({ code_challenge_methods_supported: methods })) },
    end: "session",
  })),
  ...[[], "", 5, "plain", null].map((methods) => ({
    title: `metadata: code_challenge_methods_supported is ${JSON.stringify(methods)}`,
    changes: { metadata: member(() => ({ code_challenge_methods_supported: methods })) },
    end: { code: "pkce_unsupported", says: /trustPkce/ },
    after: ({ server, assert }) => assert.equal(server.count("authorize"), 0, "the user was sent to the sign-in page"),
  })),
  {
    title: 'metadata: authorization_response_iss_parameter_supported is "true", and the response has no iss',
    changes: {
      metadata: member(() => ({ authorization_response_iss_parameter_supported: "true" })),
      authorize: (_, good) => without(good, "iss"),
    },
    end: { code: "issuer_mismatch", says: /missing/ },
  },
  ...["resource", "metadata"].flatMap((place) => [
    {
      title: `metadata of the ${place === "resource" ? "resource" : "server"}: a byte order mark, as text/html`,
      changes: {
        [place]: (_, good) => ({
          headers: { "Content-Type": "text/html" },
          body: `\ufeff${JSON.stringify(good.body)}`,
        }),
      },
      end: "session",
    },
    {
      title: `metadata of the ${place === "resource" ? "resource" : "server"}: redirected on its origin`,
      changes: {
        [place]: ({ url }, good) =>
          url.search ? good : { status: 302, headers: { Location: `${url.origin}${url.pathname}?v=1` } },
      },
      end: "session",
    },
  ]),
  ...["read write", ["read write"], ["", null, "read", "write"]].map((scopes) => ({
    title: `metadata of the resource: scopes_supported is ${JSON.stringify(scopes)}`,
    changes: { mcp: challenge(() => "Bearer"), resource: member(() => ({ scopes_supported: scopes })) },
    end: "session",
    after: ({ authorized, assert }) => assert.equal(authorized.scope, "read write"),
  })),
  ...[
    ["a query", (issuer) => `${issuer}?tenant=1`, /has a query/],
    ["a fragment", (issuer) => `${issuer}#x`, /has a fragment/],
  ].map((/** @type {any} */ [what, odd, says]) => ({
    title: `authorization_servers has an entry with ${what}`,
    changes: { resource: member(({ server }) => ({ authorization_servers: [odd(server.issuer)] })) },
    end: { code: "invalid_response", says },
  })),
  {
    title: "response_types_supported without code",
    changes: { metadata: member(() => ({ response_types_supported: ["token", "id_token"] })) },
    end: { code: "invalid_response", says: /response_types_supported/ },
    after: ({ server, assert }) => assert.equal(server.count("authorize"), 0, "the user was sent to the sign-in page"),
  },

  // Registration.
  {
    title: "registration with a scope is refused",
    changes: {
      register: ({ json }, good) =>
        json.scope
          ? { status: 400, body: { error: "invalid_client_metadata", error_description: "scope not allowed" } }
          : good,
    },
    end: "session",
    after: ({ server, assert }) => assert.equal(server.count("register"), 2),
  },
  {
    title: "scopes_supported lacks the wanted scope, and a client without scopes is granted nothing",
    changes: {
      metadata: member(() => ({ scopes_supported: ["openid", "profile"] })),
      authorize: ({ url, server }, good) =>
        server.state.clients.get(url.searchParams.get("client_id"))?.scope?.split(" ").includes("read")
          ? good
          : redirect(Object.fromEntries(url.searchParams), { error: "invalid_scope", iss: server.issuer }),
    },
    end: "session",
  },
  {
    title: "a registration answer without token_endpoint_auth_method, with a secret that is not needed",
    changes: {
      register: (_, good) => ({
        ...good,
        body: { client_id: good.body.client_id, client_secret: "s3cret" },
      }),
    },
    end: "session",
  },
  {
    title: "a registration answer without token_endpoint_auth_method, and only the other method works",
    changes: {
      metadata: member(() => ({
        token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
      })),
      register: ({ server }, good) => {
        Object.assign(server.state.clients.get(good.body.client_id), {
          client_secret: "s3cret-s3cret",
          token_endpoint_auth_method: "client_secret_basic",
        });
        return { ...good, body: { client_id: good.body.client_id, client_secret: "s3cret-s3cret" } };
      },
      // A rejected request does not spend the code.
      token: (_, good) => good,
    },
    keepsCodes: true,
    end: "session",
  },
  ...[
    ["client_secret_jwt", { client_secret: "s3cret" }],
    ["tls_client_auth", {}],
    ["client_secret_post", {}],
    ["private_key_jwt", {}],
  ].map((/** @type {any} */ [method, more]) => ({
    title: `registration assigns ${method}${more.client_secret ? "" : " without a secret"}`,
    changes: {
      register: (request, good) => ({
        ...good,
        body: { client_id: good.body.client_id, token_endpoint_auth_method: method, ...more },
      }),
    },
    end: { code: "registration_failed", says: new RegExp(method) },
    after: ({ server, assert }) => assert.equal(server.count("authorize"), 0, "the user was sent to the sign-in page"),
  })),
  ...[
    ["422 without a reason", { status: 422, body: { detail: [{ msg: "no" }] } }],
    ["403 in OAuth's form", { status: 403, body: { error: "insufficient_scope", error_description: "scope" } }],
  ].map((/** @type {any} */ [title, answer]) => ({
    title: `registration with a scope is refused by ${title}`,
    changes: { register: ({ json }, good) => (json.scope ? answer : good) },
    end: "session",
    after: ({ server, assert }) => assert.equal(server.count("register"), 2),
  })),
  {
    title: 'registration answers 200 with {"error":"invalid_client_metadata"}',
    changes: { register: () => ({ body: { error: "invalid_client_metadata", error_description: "no loopback" } }) },
    end: { code: "registration_failed", says: /no loopback/, never: /client_id"/ },
    after: ({ error, assert }) => assert.equal(error.serverError, "invalid_client_metadata"),
  },
  {
    title: "registration answers 200 in place of 201, with unknown members",
    changes: { register: (_, good) => ({ body: { ...good.body, software_id: null, contacts: "x", extra: [1] } }) },
    end: "session",
  },
  {
    title: "registration answers without client_id",
    changes: { register: (_, good) => ({ ...good, body: { ...good.body, client_id: undefined } }) },
    end: { code: "invalid_response", says: /"client_id" must be a string, but is missing/ },
  },
  ...["register", "token"].flatMap((place) =>
    [301, 302, 303, 307, 308].map((status) => ({
      title: `the endpoint for ${place === "token" ? "tokens" : "registration"} redirects by ${status}`,
      changes: { [place]: ({ server }) => ({ status, headers: { Location: `${server.issuer}/elsewhere` } }) },
      end: { code: "http_status", says: /redirects to http.*\/elsewhere, which a POST must not follow/ },
    })),
  ),
  ...[401, 403, 404, 405, 410].map((status) => ({
    title: `registration answers ${status}`,
    changes: { register: () => ({ status, body: "" }) },
    end: { says: /clientId/ },
    after: ({ error, assert }) => assert.match(`${error.message} ${error.remedy}`, /initialAccessToken|clientId/),
  })),

  {
    title: "registration wants an initial access token",
    changes: {
      register: ({ headers }, good) =>
        headers.authorization === "Bearer let-me-in" ? good : { status: 401, body: "" },
    },
    options: (server) => ({ initialAccessToken: { [server.issuer]: "let-me-in" } }),
    end: "session",
  },
  {
    title: "registration wants an initial access token, and the app has another server's",
    changes: { register: ({ headers }, good) => (headers.authorization ? good : { status: 401, body: "" }) },
    options: { initialAccessToken: { "https://other.example": "let-me-in" } },
    end: { code: "registration_failed", says: /initialAccessToken/ },
  },

  // Token answers.
  {
    title: "the token answer is a form",
    changes: atExchange((request, good) =>
      good.body.access_token
        ? {
            headers: { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" },
            body: new URLSearchParams(good.body).toString(),
          }
        : good,
    ),
    end: "session",
  },
  {
    title: 'the token answer is 200 with {"error":"bad_verification_code"}',
    changes: atExchange({
      body: { error: "bad_verification_code", error_description: "The code passed is incorrect." },
    }),
    end: { code: "token_failed", says: /bad_verification_code/, never: /access_token/ },
    after: ({ error, assert }) => assert.equal(error.serverError, "bad_verification_code"),
  },
  ...[200, 400].map((status) => ({
    title: `the token answer is ${status} with {"error":{"code":"…","message":"…"}}`,
    changes: atExchange({ status, body: { error: { code: "bad_code", message: "The code is gone." } } }),
    end: { code: "token_failed", says: /bad_code: The code is gone/, never: /access_token/ },
    after: ({ error, assert }) => assert.equal(error.serverError, "bad_code"),
  })),
  {
    title: 'the token answer is 400 {"message":"…"}',
    changes: atExchange({ status: 400, body: { message: "The code is gone." } }),
    end: { code: "http_status", says: /The code is gone/ },
  },
  ...[
    [undefined, /is missing/],
    ["mac", /is mac/],
  ].map((/** @type {any} */ [token_type, says]) => ({
    title: `the token answer has ${token_type ? `token_type ${token_type}` : "no token_type"}`,
    changes: atExchange((_, good) => ({ ...good, body: { ...good.body, token_type } })),
    end: { code: "invalid_response", says },
  })),
  {
    title: "the access token has a space in it",
    changes: atExchange((_, good) => ({ ...good, body: { ...good.body, access_token: "a b" } })),
    end: { code: "invalid_response", says: /access_token/ },
  },
  {
    title: "the token answer is 200 with an error as a form",
    changes: atExchange({
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "error=bad_verification_code",
    }),
    end: { code: "token_failed", says: /bad_verification_code/, never: /access_token/ },
  },
  ...[
    ["-1", "session"],
    [9.1e12, "session"],
    [1.7976931348623157e308, "session"],
    ["99999999999999999999", "session"],
    ["soon", "session"],
    ["3600", "session"],
    ["3600.5", "session"],
    [3600.5, "session"],
    [null, "session"],
  ].map(([expires_in]) => ({
    title: `expires_in is ${JSON.stringify(expires_in)}`,
    changes: atExchange((request, good) => ({ ...good, body: { ...good.body, expires_in } })),
    end: "session",
    restores: true,
  })),
  {
    title: "the token endpoint rejects resource",
    changes: atExchange({
      status: 400,
      body: { error: "invalid_target", error_description: "unknown parameter resource" },
    }),
    end: { code: "token_failed", says: /omitResource/ },
  },
  {
    title: "a client secret of one letter hides nothing",
    options: (server) => {
      server.state.clients.set("by-hand", {
        client_id: "by-hand",
        client_secret: "a",
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: "client_secret_basic",
      });
      return { clientId: "by-hand", clientSecret: "a", issuer: server.issuer };
    },
    changes: atExchange({ status: 400, body: { error: "invalid_grant", error_description: "a bad code" } }),
    end: { code: "token_failed", says: /a bad code/ },
  },

  // Authorization responses.
  {
    title: 'the user declines, and the description says "resource owner"',
    changes: {
      authorize: ({ url, server }) =>
        redirect(Object.fromEntries(url.searchParams), {
          error: "access_denied",
          error_description: "The resource owner denied the request",
          iss: server.issuer,
        }),
    },
    end: { code: "access_denied", never: /omitResource/ },
  },
  {
    title: "the response has no state",
    changes: { authorize: (_, good) => without(good, "state") },
    end: { code: "state_mismatch", says: /no "?state/ },
  },
  {
    title: "the response has another issuer",
    changes: { authorize: (_, good) => withIss(good, "https://other.example") },
    end: { code: "issuer_mismatch", says: /https:\/\/other\.example, but must be http/ },
  },
  {
    title: "the response has an empty error, and a code",
    changes: {
      authorize: (_, good) => {
        const target = new URL(good.headers.Location);
        target.searchParams.set("error", "");
        return { status: 302, headers: { Location: target.href } };
      },
    },
    end: "session",
  },
  {
    title: "the response is empty",
    changes: { authorize: ({ url }) => ({ status: 302, headers: { Location: url.searchParams.get("redirect_uri") } }) },
    end: { says: /(no parameters|empty|nothing)/ },
  },
  ...["consent_required", "access_denied", "interaction_required"].map((error) => ({
    title: `prompt=consent ends in ${error}`,
    changes: {
      metadata: member(() => ({ scopes_supported: ["read", "write", "offline_access"] })),
      authorize: ({ url, server }, good) =>
        url.searchParams.get("prompt") === "consent"
          ? redirect(Object.fromEntries(url.searchParams), { error, iss: server.issuer })
          : good,
    },
    end: { says: /authorizationParameters/ },
  })),
  {
    title: "prompt=consent is dropped: authorizationParameters { prompt: null }",
    changes: {
      metadata: member(() => ({ scopes_supported: ["read", "write", "offline_access"] })),
      authorize: ({ url, server }, good) =>
        url.searchParams.has("prompt")
          ? redirect(Object.fromEntries(url.searchParams), { error: "interaction_required", iss: server.issuer })
          : good,
    },
    options: { authorizationParameters: { prompt: null } },
    end: "session",
  },
  {
    title: "with openid, a nonce is required",
    changes: {
      mcp: challenge((server) => `Bearer resource_metadata="${prmOf(server)}", scope="openid read"`),
      authorize: ({ url, server }, good) =>
        url.searchParams.get("nonce")
          ? good
          : redirect(Object.fromEntries(url.searchParams), {
              error: "invalid_request",
              error_description: "nonce is missing",
              iss: server.issuer,
            }),
    },
    end: "session",
  },

  // The endpoint's own query.
  {
    title: "authorization_endpoint has resource and prompt in its own query",
    changes: {
      metadata: member(({ server }) => ({ authorization_endpoint: `${server.issuer}/authorize?tenant=1&resource=x` })),
    },
    end: "session",
  },
  ...["client_id=x", "code_challenge_method=plain", "request=x", "response_mode=fragment"].map((own) => ({
    title: `authorization_endpoint has ${own} in its own query`,
    changes: { metadata: member(({ server }) => ({ authorization_endpoint: `${server.issuer}/authorize?${own}` })) },
    end: { code: "invalid_response", says: new RegExp(own.split("=")[0]) },
  })),
  {
    title: "protected_resources lists only other resources (RFC 9728 §4)",
    changes: { metadata: member(() => ({ protected_resources: ["https://mcp.example/mcp"] })) },
    end: { code: "resource_mismatch", says: /protected_resources/ },
  },
];

export const CALLBACK = "http://localhost:3000/callback";

function withIss(answer, iss) {
  const location = answer.headers?.Location;
  if (!location) return answer;
  const target = new URL(location);
  target.searchParams.set("iss", iss);
  return { status: 302, headers: { Location: target.href } };
}

function without(answer, name) {
  const target = new URL(answer.headers.Location);
  target.searchParams.delete(name);
  return { status: 302, headers: { Location: target.href } };
}
