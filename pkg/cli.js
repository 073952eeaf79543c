#!/usr/bin/env node
// `npx mcp-authorize diagnose URL`: what pages will stumble over at an MCP server, as a report.
import { parseArgs } from "node:util";
import { exchange, summary } from "./diagnosis.js";
import { McpAuthorizer, McpAuthorizeError } from "./node.js";

const HELP = `Usage: npx mcp-authorize diagnose URL [options]

Goes through the steps of a sign-in at an MCP server, as a page would, without signing in.

  --origin ORIGIN    the origin of the pages that shall use the server (default: https://app.example)
  --register         register a client for real; otherwise nothing is left at the server
  --timeout SECONDS  limit for one request (default: 30)
  --json             the report as JSON
  --markdown         the report as Markdown
  --help             show this text

Ends with 0 where there is no failure, 1 where there is one, and 2 where the server could not be reached or the
command is wrong.`;

const MARKS = { pass: ["✓", 32], warning: ["!", 33], failure: ["✗", 31], skipped: ["-", 2] };
const colored = process.stdout.isTTY && !process.env.NO_COLOR;
const color = (number, text) => (colored ? `\x1b[${number}m${text}\x1b[0m` : text);
/** What a server says goes to the terminal without its control characters. */
const plain = (text) => text.replace(/[\x00-\x1f\x7f-\x9f]/g, " ");

function print(report) {
  console.log(`${plain(report.server)}, for pages at ${report.origin}`);
  for (const [title, findings] of report.groups()) {
    console.log(`\n${color(1, title)}`);
    for (const { status, title, detail, request, remedy, spec } of findings) {
      const [mark, number] = MARKS[status];
      const word = status === "pass" ? "" : `${status}: `;
      console.log(`  ${color(number, mark)} ${word}${title}${detail ? `. ${plain(detail)}` : ""}`);
      if (status !== "failure" && status !== "warning") continue;
      if (request) console.log(`      ${plain(exchange(request))}`);
      console.log(`      Remedy: ${color(1, plain(remedy))}`);
      console.log(`      ${spec}`);
    }
  }
  console.log(`\n${summary(report.findings)}`);
}

const OPTIONS = {
  origin: { type: "string", default: "https://app.example" },
  register: { type: "boolean" },
  timeout: { type: "string", default: "30" },
  json: { type: "boolean" },
  markdown: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) return console.log(HELP);
  const [command, url, ...rest] = positionals;
  const seconds = Number(values.timeout);
  if (command !== "diagnose" || url === undefined || rest.length > 0 || !(seconds > 0)) throw new Error("This is no complete command.");

  const origin = values.origin.replace(/\/$/, "");
  const authorizer = await McpAuthorizer.create({
    clientName: "mcp-authorize diagnose",
    redirectUri: `${origin}/callback`,
    storage: "memory",
    requestTimeout: Math.round(seconds * 1000),
  });
  const report = await authorizer.diagnose(url, { origin, register: values.register });
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else if (values.markdown) process.stdout.write(report.toMarkdown());
  else print(report);
  const unreachable = report.failures.some(({ id }) => id === "challenge.reachable");
  process.exitCode = unreachable ? 2 : report.failures.length > 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  const usual = error instanceof McpAuthorizeError ? `${error.message} ${error.remedy}` : error.message;
  console.error(`${usual}\nSee --help.`);
  process.exitCode = 2;
}
