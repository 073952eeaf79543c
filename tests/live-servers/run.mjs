// `npm run live-servers`: signs in at each server of shapes.mjs. With --beside, also with the official client, and
// writes docs/compatibility.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../../scripts/build.mjs";
import { Failure, isMain, main, root } from "../../scripts/run.mjs";

const HELP = `Usage: npm run live-servers -- [--beside] [--only TEXT] [--no-build]

Signs in at servers with deviations seen at live servers, and prints how each attempt ends.

  --beside     also try the official client, and write docs/compatibility.md
  --only TEXT  try only the deviations whose title contains TEXT
  --no-build   use the package without rebuilding it`;

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

/** The result of an attempt, in short. */
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
  [/no deviation/, ""],
  [
    /^refresh: (40[0-4]|410|20|30)/,
    "The server refuses the refresh token for good (RFC 6749 §5.2). The user signs in again, once.",
  ],
  [
    /^refresh: (no token_type|token_type|error|scope|expires)/,
    "The value only informs, so it is read as well as possible.",
  ],
  [
    /^refresh: /,
    "The server or network is overloaded (RFC 9110 §15.5.9, RFC 6585 §4), which is temporary. The session stays.",
  ],
  [
    /^challenge: resource_metadata gives (429|503)|^metadata of the resource: /,
    "The metadata may be available later, so no endpoint is guessed.",
  ],
  [
    /^challenge/,
    "The challenge is a hint. The well-known locations on the server's own origin are tried, too (RFC 9728 §3).",
  ],
  [
    /^the challenge names/,
    "A server that names metadata does not follow MCP 2025-03-26, so nothing is sent to guessed endpoints.",
  ],
  [/the endpoint for .* redirects/, "Following the redirect would send a code or a secret elsewhere (RFC 9110 §15.4)."],
  [
    /in place of a challenge/,
    "The metadata is used even without a challenge. An overloaded server does not mean a wrong URL.",
  ],
  [/code_challenge/, "MCP requires PKCE. A client must refuse a server that does not announce it."],
  [/^2025-03-26/, "MCP 2025-03-26 has no resource metadata. The server's origin is the authorization server."],
  [/issuer/, "The issuer is compared exactly (RFC 8414 §3.3). An empty path and / are the same URL (RFC 3986 §6.2.3)."],
  [
    /^registration|scopes_supported lacks|registration answer/,
    "The server decides what it registers, and may refuse (RFC 7591 §3.2).",
  ],
  [/^metadata|is a list|is a string|unusable/, "The value only informs, so it is read as well as possible."],
  [/own query/, "No parameter is sent twice (RFC 6749 §3.1)."],
  [/protected_resources/, "The authorization server does not serve this resource (RFC 9728 §4)."],
  [/response_types/, "Without a code there is no sign-in, so the sign-in page is not opened."],
  [/token|expires_in|secret/, "RFC 6749 §5 requires JSON. Live servers also send forms, and errors with status 200."],
  [/state|empty/, "A response without its state belongs to no sign-in (OAuth 2.1 §4.1.2)."],
  [/prompt/, "OpenID Connect Core §11 requires prompt=consent for offline_access. Some providers reject it."],
  [/nonce/, "OpenID Connect Core §15.5.2."],
  [
    /redirect|slash|path/,
    "A redirect of the MCP server's POST on the same origin is followed. Locations are tried with and without the final slash.",
  ],
];
const reason = ({ title }) => REASONS.find(([pattern]) => pattern.test(title))?.[1] ?? "";

function page(rows) {
  const client = JSON.parse(readFileSync(join(root, "node_modules/@modelcontextprotocol/client/package.json"), "utf8"));
  const cell = (text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  return [
    "# Compatibility with live servers",
    "",
    "Deviations that people reported of live MCP servers and authorization servers. A strict test server reproduces each one. This",
    `package and the official client (\`@modelcontextprotocol/client\` ${client.version}, with a provider as its users write it) sign in`,
    "to it in the same run. `npm run live-servers -- --beside` writes this page.",
    "",
    "Server authors: if this package does not sign in, its error says what to change. `npx mcp-authorize diagnose URL` checks your",
    "server.",
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
