// `npx mcp-authorize diagnose URL`, as in a shell or a server's CI.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { capture, root } from "../../scripts/run.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { PATIENCE } from "../patience.mjs";

/** Terminal commands (ECMA-48: ESC, BEL, C1), and characters that reverse text or are invisible (UAX #9 §2). */
const HOSTILE = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u2066\u200b\u2028\ufeffred";
/** The text that remains of it. */
const CLEAN = "]0;owned[2J31mred";

let server, origin;
/** The server's JSON documents, by path. */
let documents;
/** The bodies that were POSTed, by path. */
let posted;

before(async () => {
  server = createServer(async (request, response) => {
    const [path] = String(request.url).split("?");
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "*, Authorization");
    if (request.method === "OPTIONS") return response.writeHead(204).end();
    if (request.method === "POST") (posted[path] ??= []).push((await request.toArray()).join(""));
    if (path === "/mcp") {
      const challenge = `Bearer resource_metadata="${origin}/prm"`;
      return response
        .writeHead(401, { "WWW-Authenticate": challenge, "Access-Control-Expose-Headers": "WWW-Authenticate" })
        .end();
    }
    const document = documents[path];
    response.writeHead(document ? 200 : 404, { "Content-Type": "application/json" }).end(JSON.stringify(document));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${portOf(server)}`;
});
after(() => server.close().closeAllConnections());
beforeEach(() => {
  posted = {};
  documents = {
    "/prm": { resource: `${origin}/mcp`, authorization_servers: [origin] },
    "/.well-known/oauth-authorization-server": {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      code_challenge_methods_supported: ["S256"],
    },
    "/authorize": {},
    "/token": { error: "invalid_grant" },
    "/register": { client_id: "registered" },
  };
});

/** Runs the program. Its output is not a terminal, so it has no colours. */
const cli = (...args) => capture(process.execPath, [join(root, "pkg", "cli.js"), ...args], { timeout: PATIENCE });

for (const format of [[], ["--markdown"], ["--json"]]) {
  test(
    `a server's text loses terminal commands and invisible characters: diagnose ${format.join()}`.trim(),
    async () => {
      documents["/prm"].resource = HOSTILE;
      documents["/prm"].authorization_servers = [origin, `http://as.example/${HOSTILE}`];
      documents["/.well-known/oauth-authorization-server"].issuer = HOSTILE;
      const { status, output } = await cli("diagnose", `${origin}/mcp`, ...format);
      assert.equal(status, 1, output);
      // The resource, an authorization server with its remedy, and the issuer.
      assert.equal(output.split(CLEAN).length - 1, 4, output);
      assert.equal(output.match(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/gu), null);
    },
  );
}

test("in Markdown, a server's backquotes do not end the code span (CommonMark §6.1)", async () => {
  documents["/.well-known/oauth-authorization-server"].issuer = "a ``b`` <img src=x> `";
  const { output } = await cli("diagnose", `${origin}/mcp`, "--markdown");
  assert.ok(output.includes('  - ``` It is "a ``b`` <img src=x> `". ```\n'), output);
});

test("--json prints the report as JSON, with the ID of each fault", async () => {
  documents["/.well-known/oauth-authorization-server"].code_challenge_methods_supported = ["plain"];
  const { status, output } = await cli("diagnose", `${origin}/mcp`, "--json");
  assert.equal(status, 1);
  const { server, findings } = JSON.parse(output);
  assert.equal(server, `${origin}/mcp`);
  const failures = findings.filter(({ status }) => status === "failure").map(({ id }) => id);
  assert.deepEqual(failures, ["authorization_server_metadata.pkce"]);
});

test("the exit status is 0 without failures, 1 with failures, 2 if the server does not answer or the command is wrong", async () => {
  assert.equal((await cli("diagnose", `${origin}/mcp`)).status, 0);
  delete documents["/token"];
  assert.equal((await cli("diagnose", `${origin}/mcp`)).status, 1);
  // RFC 6335 §6: port 1 is assigned, and nobody here serves it.
  for (const args of [
    ["diagnose", "http://127.0.0.1:1/mcp"],
    ["diagnose"],
    ["diagnose", origin, "more"],
    ["look", origin],
  ])
    assert.equal((await cli(...args)).status, 2, args.join(" "));
  assert.equal((await cli("diagnose", origin, "--timeout", "0")).status, 2);
});

test("nothing is registered without --register", async () => {
  const registrations = () => posted["/register"].filter((body) => body.includes("redirect_uris"));
  await cli("diagnose", `${origin}/mcp`);
  assert.deepEqual(registrations(), []);
  await cli("diagnose", `${origin}/mcp`, "--register", "--origin", "https://app.example/");
  assert.deepEqual(
    registrations().map((body) => JSON.parse(body).redirect_uris),
    [["https://app.example/callback"]],
  );
});
