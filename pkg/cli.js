#!/usr/bin/env node
// `npx mcp-authorize diagnose URL`: reports what prevents pages from using an MCP server. `check URL`: also signs in with a
// test account.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { check } from "./check.js";
import { exchange, summary } from "./diagnosis.js";
import { McpAuthorizer, McpAuthorizeError } from "./node.js";
import { junit, sarif } from "./reports.js";

const SCRIPT_GRACE_MS = 5000;
const SECRET = "MCP_AUTHORIZE_CLIENT_SECRET";
const HELP = `Usage: npx mcp-authorize diagnose URL [options]
       npx mcp-authorize check URL [options]

diagnose goes through the steps of a sign-in at an MCP server, as a page would, without signing in.
check does the same, and then signs in, calls the server, refreshes the session and signs out.

  --origin ORIGIN    origin of the pages that will call the server (default: https://app.example)
  --client-id ID     the app's client ID, for servers that let only pages of known clients read their answers
  --register         register a client during the diagnosis; without this, nothing is created at the server
  --timeout SECONDS  limit for one request (default: 30)
  --json             the report as JSON
  --markdown         the report of diagnose as Markdown
  --help             show this text

Options of check:
  --login-script FILE          a JavaScript module whose default function signs the test account in: it gets the URL of
                               the sign-in page, and opens it in a browser. Without it, the URL is printed, and you sign in
  --client-credentials         no user signs in: the client's own credentials are used (SEP-1046)
  --issuer URL                 the authorization server that issued the client ID and its secret
  --client-id-metadata-url URL the app's client ID metadata document
  --scope SCOPE                a scope to request, in place of those that the server suggests; can be repeated
  --redirect-port PORT         the redirect URI is http://127.0.0.1:PORT/callback (default: a free port)
  --sign-in-timeout SECONDS    limit for the sign-in (default: 300)
  --junit FILE, --sarif FILE   write the results for a CI system

The client's secret is read from the environment variable ${SECRET}.

The exit status is 0 if nothing fails, 1 if something does, and 2 if the server could not be reached or the command is
wrong.`;

/** @import { CheckStep } from "./check.js" */

/** @type {Record<string, [string, number]>} */
const MARKS = { pass: ["✓", 32], warning: ["!", 33], failure: ["✗", 31], skipped: ["-", 2] };
const colored = process.stdout.isTTY && !process.env.NO_COLOR;
/** @type {(number: string | number, text: string) => string} */
const color = (number, text) => (colored ? `\x1b[${number}m${text}\x1b[0m` : text);

/** @type {(status: string, title: string, detail?: string) => void} */
function line(status, title, detail) {
  const [mark, number] = MARKS[status];
  const word = status === "pass" ? "" : `${status}: `;
  console.log(`  ${color(number, mark)} ${word}${title}${detail ? `. ${detail}` : ""}`);
}

/** @param {import("mcp-authorize").McpDiagnosis} report */
function print(report) {
  console.log(`${report.server}, for pages at ${report.origin}`);
  for (const [title, findings] of report.groups()) {
    console.log(`\n${color(1, title)}`);
    for (const { status, title, detail, request, remedy, spec } of findings) {
      line(status, title, detail);
      if (status !== "failure" && status !== "warning") continue;
      if (request) console.log(`      ${exchange(request)}`);
      console.log(`      Remedy: ${color(1, remedy ?? "")}`);
      console.log(`      ${spec}`);
    }
  }
  console.log(`\n${summary(report.findings)}`);
}

/** @param {CheckStep[]} steps */
function printSteps(steps) {
  console.log(`\n${color(1, "Sign-in with a test account")}`);
  for (const { status, title, detail, remedy, seconds } of steps) {
    line(status, `${title}${status === "skipped" ? "" : ` (${seconds.toFixed(1)} s)`}`, detail);
    if (remedy) console.log(`      Remedy: ${color(1, remedy)}`);
  }
}

const OPTIONS = /** @type {const} */ ({
  origin: { type: "string", default: "https://app.example" },
  "client-id": { type: "string" },
  register: { type: "boolean" },
  timeout: { type: "string", default: "30" },
  json: { type: "boolean" },
  markdown: { type: "boolean" },
  help: { type: "boolean", short: "h" },
});

const CHECK_OPTIONS = /** @type {const} */ ({
  "login-script": { type: "string" },
  "client-credentials": { type: "boolean" },
  issuer: { type: "string" },
  "client-id-metadata-url": { type: "string" },
  scope: { type: "string", multiple: true },
  "redirect-port": { type: "string", default: "0" },
  "sign-in-timeout": { type: "string", default: "300" },
  junit: { type: "string" },
  sarif: { type: "string" },
});

/** @type {(text: unknown, name: string) => number} */
function milliseconds(text, name) {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new Error(`Expected: --${name} with a number of seconds`);
  return Math.round(seconds * 1000);
}

/** @param {import("mcp-authorize").McpDiagnosis} report */
function statusOf(report) {
  const unreachable = report.failures.some(({ id }) => id === "challenge.reachable");
  return unreachable ? 2 : report.failures.length > 0 ? 1 : 0;
}

/** @type {(url: string, values: Record<string, any>) => Promise<void>} */
async function diagnose(url, values) {
  const requestTimeout = milliseconds(values.timeout, "timeout");
  const origin = String(values.origin).replace(/\/$/, "");
  const authorizer = await McpAuthorizer.create({
    clientName: "mcp-authorize diagnose",
    redirectUri: `${origin}/callback`,
    clientId: values["client-id"],
    storage: "memory",
    requestTimeout,
  });
  const report = await authorizer.diagnose(url, { origin, register: Boolean(values.register) });
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else if (values.markdown) process.stdout.write(report.toMarkdown());
  else print(report);
  process.exitCode = statusOf(report);
}

/** @type {(url: string, values: Record<string, any>) => Promise<void>} */
async function checkServer(url, values) {
  const script = values["login-script"];
  const logIn = script ? (await import(pathToFileURL(resolve(script)).href)).default : askToOpen;
  if (typeof logIn !== "function") throw new Error(`${script} has no default export that is a function`);
  const { report, steps } = await check(
    url,
    {
      origin: String(values.origin).replace(/\/$/, ""),
      register: Boolean(values.register),
      requestTimeout: milliseconds(values.timeout, "timeout"),
      signInTimeout: milliseconds(values["sign-in-timeout"], "sign-in-timeout"),
      port: Number(values["redirect-port"]),
      clientId: values["client-id"],
      clientSecret: process.env[SECRET],
      issuer: values.issuer,
      clientIdMetadataUrl: values["client-id-metadata-url"],
      scopes: values.scope,
      clientCredentials: Boolean(values["client-credentials"]),
      logIn,
    },
    ({ status, title }) => console.error(`${title}: ${status}`),
  );
  if (values.json) console.log(JSON.stringify({ ...report, signIn: steps }, null, 2));
  else {
    print(report);
    printSteps(steps);
  }
  if (values.junit) writeFileSync(values.junit, junit(report, steps));
  if (values.sarif) writeFileSync(values.sarif, sarif(report, steps));
  const failed = steps.some(({ status }) => status === "failure");
  process.exitCode = statusOf(report) || (failed ? 1 : 0);
  // A script that was given up may run forever. One that is about to end, for example to close its browser, gets the time.
  setTimeout(() => process.exit(), SCRIPT_GRACE_MS).unref();
}

/** @param {string} url */
function askToOpen(url) {
  console.error(`Sign in with the test account at this page:\n${url}`);
}

const COMMANDS = { diagnose, check: checkServer };

async function main() {
  const isCheck = process.argv.slice(2).includes("check");
  const options = isCheck ? { ...OPTIONS, ...CHECK_OPTIONS } : OPTIONS;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help || (positionals.length === 0 && process.argv.length === 2)) return console.log(HELP);
  const [command, url, ...rest] = positionals;
  if (!Object.hasOwn(COMMANDS, command) || url === undefined || rest.length > 0)
    throw new Error("Expected: diagnose URL, or check URL");
  await COMMANDS[/** @type {keyof typeof COMMANDS} */ (command)](url, values);
}

try {
  await main();
} catch (error) {
  const usual =
    error instanceof McpAuthorizeError && "remedy" in error ? `${error.message} ${error.remedy}` : error.message;
  console.error(`${usual}\nSee --help.`);
  process.exitCode = 2;
}
