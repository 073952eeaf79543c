#!/usr/bin/env node
// `npx mcp-authorize diagnose URL`: what pages will stumble over at an MCP server, as a report.
import { parseArgs } from "node:util";
import { exchange, summary } from "./diagnosis.js";
import { McpAuthorizer, McpAuthorizeError } from "./node.js";

const HELP = `Usage: npx mcp-authorize diagnose URL [options]

Goes through the steps of a sign-in at an MCP server, as a page would, without signing in.

  --origin ORIGIN    origin of the pages that will call the server (default: https://app.example)
  --client-id ID     the app's client ID, for servers that let only pages of known clients read their answers
  --register         register a client; without this, nothing is created at the server
  --timeout SECONDS  limit for one request (default: 30)
  --json             the report as JSON
  --markdown         the report as Markdown
  --help             show this text

The exit status is 0 if nothing fails, 1 if something does, and 2 if the server could not be reached or the command is
wrong.`;

/** @type {Record<string, [string, number]>} */
const MARKS = { pass: ["✓", 32], warning: ["!", 33], failure: ["✗", 31], skipped: ["-", 2] };
const colored = process.stdout.isTTY && !process.env.NO_COLOR;
/** @type {(number: string | number, text: string) => string} */
const color = (number, text) => (colored ? `\x1b[${number}m${text}\x1b[0m` : text);

/** @param {import("mcp-authorize").McpDiagnosis} report */
function print(report) {
  console.log(`${report.server}, for pages at ${report.origin}`);
  for (const [title, findings] of report.groups()) {
    console.log(`\n${color(1, title)}`);
    for (const { status, title, detail, request, remedy, spec } of findings) {
      const [mark, number] = MARKS[status];
      const word = status === "pass" ? "" : `${status}: `;
      console.log(`  ${color(number, mark)} ${word}${title}${detail ? `. ${detail}` : ""}`);
      if (status !== "failure" && status !== "warning") continue;
      if (request) console.log(`      ${exchange(request)}`);
      console.log(`      Remedy: ${color(1, remedy ?? "")}`);
      console.log(`      ${spec}`);
    }
  }
  console.log(`\n${summary(report.findings)}`);
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

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help || (positionals.length === 0 && process.argv.length === 2)) return console.log(HELP);
  const [command, url, ...rest] = positionals;
  const seconds = Number(values.timeout);
  if (command !== "diagnose" || url === undefined || rest.length > 0 || !(seconds > 0))
    throw new Error("Expected: diagnose URL");

  const origin = String(values.origin).replace(/\/$/, "");
  const authorizer = await McpAuthorizer.create({
    clientName: "mcp-authorize diagnose",
    redirectUri: `${origin}/callback`,
    clientId: values["client-id"],
    storage: "memory",
    requestTimeout: Math.round(seconds * 1000),
  });
  const report = await authorizer.diagnose(url, { origin, register: Boolean(values.register) });
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else if (values.markdown) process.stdout.write(report.toMarkdown());
  else print(report);
  const unreachable = report.failures.some(({ id }) => id === "challenge.reachable");
  process.exitCode = unreachable ? 2 : report.failures.length > 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  const usual =
    error instanceof McpAuthorizeError && "remedy" in error ? `${error.message} ${error.remedy}` : error.message;
  console.error(`${usual}\nSee --help.`);
  process.exitCode = 2;
}
