// Invalid options in Node.js, where no page supplies defaults: the error names the option and its fault.

import assert from "node:assert/strict";
import { test } from "node:test";
import { McpAuthorizer } from "../../pkg/node.js";

const GOOD = { clientName: "Acme", redirectUri: "http://127.0.0.1:8976/callback" };
const wrong = (options) =>
  McpAuthorizer.create(/** @type {any} */ ({ ...GOOD, ...options })).then(
    () => assert.fail(`${JSON.stringify(options)} is accepted`),
    (error) => error,
  );

for (const [title, options, code, said] of /** @type {[string, object, string, RegExp][]} */ ([
  ["dpop: true", { dpop: true }, "invalid_option", /^"dpop" .*"auto", "require" or "off"/],
  ["an empty clientName", { clientName: "" }, "invalid_option", /^"clientName" .*is empty/],
  ["no clientName", { clientName: undefined }, "invalid_option", /^"clientName" .*is missing/],
  [
    "a metadata document's URL without a path",
    { clientIdMetadataUrl: "https://app.example" },
    "invalid_url",
    /^clientIdMetadataUrl .*https:\/\/app\.example.* has no path/,
  ],
  [
    "a relative redirectUri without a page",
    { redirectUri: "/callback.html" },
    "invalid_option",
    /^"redirectUri" .*complete URL.* without a page/,
  ],
  ...["redirectUri", "clientUri", "clientIdMetadataUrl"].map((name) => [
    `credentials in ${name}`,
    { [name]: "https://ada:s3cret@app.example/path" },
    "invalid_url",
    new RegExp(`^${name} .*user name or password`),
  ]),
])) {
  test(`${title}: ${code}, and the message names the option`, async () => {
    const error = await wrong(options);
    assert.equal(error.code, code);
    assert.equal(error.step, "setup");
    assert.match(error.message, said);
    assert.ok(!JSON.stringify([error.message, error.remedy]).includes("s3cret"));
  });
}

test("credentials in a server's URL: invalid_url in each method, and the error does not show them", async () => {
  const authorizer = await McpAuthorizer.create(GOOD);
  const server = "https://ada:s3cret@mcp.example/mcp";
  for (const method of ["signIn", "restore", "forget"]) {
    const error = await authorizer[method](server).then(assert.fail, (error) => error);
    assert.equal(error.code, "invalid_url", method);
    assert.match(error.message, /^The server's URL .*user name or password/);
    assert.ok(!JSON.stringify([error.message, error.remedy]).includes("s3cret"));
  }
});

test("URL objects are accepted", async () => {
  const [redirectUri, clientUri] = [new URL(GOOD.redirectUri), new URL("https://acme.example/")];
  const authorizer = await McpAuthorizer.create({ ...GOOD, redirectUri, clientUri, storage: "memory" });
  assert.equal(await authorizer.restore(new URL("https://mcp.example/mcp")), null);
});

test("a key needs an issuer, unless the app's metadata document publishes it", async () => {
  // MCP 2026-07-28: credentials for one authorization server must not be used at another. The key's assertion names its
  // authorization server.
  const usages = /** @type {KeyUsage[]} */ (["sign", "verify"]);
  const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, usages);
  const clientKey = { key: privateKey, id: "1" };
  const clientIdMetadataUrl = "https://acme.example/client.json";
  for (const options of [
    { clientKey },
    { clientKey, clientId: "acme" },
    { clientKey, clientIdMetadataUrl, clientId: "acme" },
  ]) {
    assert.match((await wrong(options)).message, /^"(issuer|clientId)"/);
  }
  await McpAuthorizer.create({ ...GOOD, clientKey, clientIdMetadataUrl });
  await McpAuthorizer.create({ clientKey, clientIdMetadataUrl, grant: { type: "client_credentials" } });
});

test("a fixed workload JWT needs an issuer, but no client ID", async () => {
  const grant = /** @type {const} */ ({ type: "jwt_bearer", assertion: "a.b.c" });
  assert.match((await wrong({ grant })).message, /^"issuer"/);
  await McpAuthorizer.create({ issuer: "https://as.example", grant });
  await McpAuthorizer.create({ grant: { type: "jwt_bearer", assertion: () => "a.b.c" } });
});

test("a workload's JWT is sent only to its own issuer, whatever other credentials the app has", async () => {
  const [server, honest] = ["https://evil.example/mcp", "https://as.example"];
  const usages = /** @type {KeyUsage[]} */ (["sign", "verify"]);
  const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, usages);
  const json = (body) => new Response(JSON.stringify(body));
  const evil = {
    "https://evil.example/mcp": () => new Response(null, { status: 401 }),
    "https://evil.example/.well-known/oauth-protected-resource/mcp": () =>
      json({ resource: server, authorization_servers: ["https://evil.example"] }),
    "https://evil.example/.well-known/oauth-authorization-server": () =>
      json({
        issuer: "https://evil.example",
        token_endpoint: "https://evil.example/token",
        client_id_metadata_document_supported: true,
      }),
    "https://evil.example/token": () => json({ access_token: "a", token_type: "Bearer" }),
  };
  const clientKey = { key: privateKey, id: "1" };
  for (const more of [
    {},
    { clientKey, initialAccessToken: "x" },
    { clientKey, clientIdMetadataUrl: "https://acme.example/client.json" },
    { clientIdMetadataUrl: "https://acme.example/client.json", initialAccessToken: "x" },
  ]) {
    const requested = [];
    const authorizer = await McpAuthorizer.create(
      /** @type {any} */ ({
        issuer: honest,
        grant: { type: "jwt_bearer", assertion: "a.b.c" },
        storage: "memory",
        fetch: async (url) => {
          requested.push(String(url));
          return evil[String(url)]?.() ?? new Response(null, { status: 404 });
        },
        ...more,
      }),
    );
    const error = await authorizer.signIn(server).then(
      () => assert.fail("signed in"),
      (error) => error,
    );
    assert.equal(error.code, "client_mismatch", JSON.stringify(Object.keys(more)));
    assert.ok(!requested.includes("https://evil.example/token"));
  }
});
