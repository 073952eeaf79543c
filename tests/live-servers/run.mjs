// `npm run live-servers`: each shape of shapes.mjs. With --beside at the official client, too, and docs/compatibility.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { Failure, isMain, main, root } from "../../scripts/run.mjs";

const HELP = `Usage: npm run live-servers -- [--beside] [--only TEXT] [--no-build]

Signs in at servers with deviations seen at live servers, and prints how each attempt ends.

  --beside     tries the official client as well, and writes docs/compatibility.md
  --only TEXT  only the deviations whose title contains this text
  --no-build   uses the package as it was built last`;

const PAGE = join(root, "docs", "compatibility.md");

async function run({ beside, only = "", "no-build": noBuild }) {
  if (!noBuild) await build();
  const { McpAuthorizer } = await import("../../pkg/node.js");
  const { attempt } = await import("./attempt.mjs");
  const { shapes } = await import("./shapes.mjs");
  const official = beside && (await import("./official.mjs")).attemptOfficial;
  const rows = [];
  for (const shape of shapes.filter(({ title }) => title.includes(only))) {
    const ours = await attempt(shape, McpAuthorizer);
    await ours.server.close();
    const row = { title: shape.title, ours: ending(ours), why: reason(shape) };
    if (official) {
      const theirs = await official(shape);
      await theirs.server.close();
      row.theirs = ending(theirs);
    }
    console.log([row.title, row.ours, row.theirs].filter(Boolean).join("  |  "));
    rows.push(row);
  }
  if (rows.length === 0) throw new Failure(`No shape has "${only}" in its title.`);
  if (official && !only) writeFileSync(PAGE, page(rows));
}

/** How an attempt ended, in short. */
function ending(/** @type {Record<string, any>} */ { status, error, asksAgain }) {
  if (status === 200) return "signed in";
  if (!error) return `signed in, and the call ends with ${status}`;
  const code = error.code ?? error.name;
  const message = String(error.message)
    .replace(/\s+/g, " ")
    .replace(/http:\/\/localhost:\d+/g, "https://server.example");
  const said = typeof code === "string" && code !== "Error" ? `${code}: ${message}` : message;
  return asksAgain && error.name === "UnauthorizedError" ? "asks the user to sign in again" : said.slice(0, 240);
}

/** @type {[RegExp, string][]} */
const REASONS = [
  [/nothing is odd/, ""],
  [
    /^refresh: (40[0-4]|410|20|30)/,
    "A refresh token that is refused for good is of no more use (RFC 6749 §5.2): the user signs in again, once.",
  ],
  [/^refresh: (no token_type|token_type|error|scope|expires)/, "What merely informs is taken as well as it can be."],
  [/^refresh: /, "An overloaded server or network passes (RFC 9110 §15.5.9, RFC 6585 §4): the session stays."],
  [
    /^challenge: resource_metadata gives (429|503)|^metadata of the resource: /,
    "It may be there later, so nothing is guessed meanwhile.",
  ],
  [/^challenge/, "Challenges inform: the well-known places of the server's own origin count as well (RFC 9728 §3)."],
  [/^the challenge names/, "A server that names metadata is none of 2025-03-26: nothing is sent to guessed endpoints."],
  [/the endpoint for .* redirects/, "A redirected POST would take a code or a secret elsewhere (RFC 9110 §15.4)."],
  [/in place of a challenge/, "Its metadata counts without a challenge; an overload is no wrong address."],
  [/code_challenge/, "MCP wants PKCE: without a word of it the client refuses."],
  [/^2025-03-26/, "MCP 2025-03-26 has no resource metadata; the server's origin is the authorization server."],
  [
    /issuer|from there on/,
    "RFC 8414 §3.3: the issuer is compared exactly. An empty path and / are one URL (RFC 3986 §6.2.3).",
  ],
  [
    /^registration|scopes_supported lacks|registration answer/,
    "RFC 7591 §3.2: the server decides on what is registered, and may refuse.",
  ],
  [/^metadata|is a list|is a string|unusable/, "What merely informs is taken as well as it can be."],
  [/own query/, "RFC 6749 §3.1: no parameter is sent twice."],
  [/protected_resources/, "RFC 9728 §4: the authorization server does not serve this resource."],
  [/response_types/, "Without a code there is no sign-in, so the user is not asked."],
  [/token|expires_in|secret/, "RFC 6749 §5 has JSON; live servers send forms, and 200 with an error."],
  [/state|empty/, "OAuth 2.1 §4.1.2: a response without its state belongs to nobody."],
  [/prompt/, "OpenID Connect Core §11 wants consent for offline_access; some providers take it amiss."],
  [/nonce/, "OpenID Connect Core §15.5.2."],
  [
    /redirect|slash|path/,
    "A POST that is redirected on the same origin is followed; places are looked for with and without the slash.",
  ],
];
const reason = ({ title }) => REASONS.find(([pattern]) => pattern.test(title))?.[1] ?? "";

function page(rows) {
  const client = JSON.parse(readFileSync(join(root, "node_modules/@modelcontextprotocol/client/package.json"), "utf8"));
  const cell = (text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  return [
    "# Compatibility with live servers",
    "",
    "What people reported of live MCP and authorization servers, each shape tried on a strict test server, in the same run",
    `at this package and at the official client (\`@modelcontextprotocol/client\` ${client.version}, with a provider as its users`,
    "write it). `npm run live-servers -- --beside` writes this page.",
    "",
    "Server authors: a row in which this package does not sign in says what to change. `npx mcp-authorize diagnose URL` tells",
    "it for your server.",
    "",
    "| what the server does | this package | official client | reason |",
    "|---|---|---|---|",
    ...rows.map(({ title, ours, theirs, why }) => `| ${[title, ours, theirs, why].map(cell).join(" | ")} |`),
    "",
  ].join("\n");
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        beside: { type: "boolean" },
        only: { type: "string" },
        "no-build": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await run(values);
  });
}
