// `npm run interop -- --diagnose`: compares the report of `npx mcp-authorize diagnose` on each server as installed, and
// on a product after its recipe, with the reviewed snapshot.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rowsOf, start } from "./servers.mjs";
import { sum } from "./table.mjs";
import { Unavailable } from "./unavailable.mjs";

const CLI = fileURLToPath(new URL("../../pkg/cli.js", import.meta.url));
const ORIGIN = "https://app.example";

export async function compareReports(servers) {
  const counted = { passed: 0, failed: 0, skipped: 0 };
  for (const server of servers) {
    for (const asInstalled of server.reports ?? (server.recipe ? [true, false] : [true])) {
      const name = nameOf(server, asInstalled);
      try {
        const { same, text } = compare(snapshotOf(server, asInstalled), await reportOn(server, asInstalled));
        counted[same ? "passed" : "failed"] += 1;
        console.log(`${name}: ${same ? "ok" : `FAILED\n${text}`}`);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        counted.skipped += 1;
        console.log(`${name}: skipped: ${error.message}`);
      }
    }
  }
  console.log(sum(counted));
  if (counted.failed > 0) process.exitCode = 1;
}

const nameOf = ({ name }, asInstalled) => (asInstalled ? name : `${name}-after-recipe`);

/** The reviewed report's location. */
export const snapshotOf = (server, asInstalled = true) =>
  new URL(`snapshots/${nameOf(server, asInstalled)}.json`, import.meta.url);

function compare(snapshot, report) {
  if (process.env.UPDATE_SNAPSHOTS) {
    mkdirSync(new URL(".", snapshot), { recursive: true });
    writeFileSync(snapshot, report);
  }
  const expected = existsSync(snapshot) ? readFileSync(snapshot, "utf8") : "";
  return { same: report === expected, text: differences(expected, report) };
}

/** The report as JSON. Names replace the origins, because their ports change. */
export async function reportOn(server, asInstalled = true) {
  const running = await start(server, { pageOrigin: ORIGIN, asInstalled });
  try {
    const [{ way }] = rowsOf(server);
    const { mcpUrl, options } = way ? running[way] : running;
    const report = await diagnose(mcpUrl, options);
    return report
      .replaceAll(new URL(mcpUrl).origin, "http://server.localhost")
      .replaceAll(/http:\/\/localhost:\d+/g, "http://issuer.localhost");
  } finally {
    await running.close();
  }
}

/** @param {{ clientId?: string }} [options] the app's options */
function diagnose(url, options) {
  const clientId = options?.clientId;
  const own = clientId ? ["--client-id", clientId] : [];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CLI, "diagnose", url, "--origin", ORIGIN, "--json", ...own], (error, stdout, stderr) =>
      // Status 1 means that the report has a failure (see --help).
      error && error.code !== 1 ? reject(new Error(stderr || stdout || error.message)) : resolve(stdout),
    );
  });
}

/** The lines that only one of them has. */
function differences(expected, actual) {
  const only = (mark, lines, others) =>
    lines.filter((line) => !others.includes(line)).map((line) => `  ${mark} ${line}`);
  const [before, now] = [expected.split("\n"), actual.split("\n")];
  return [...only("-", before, now), ...only("+", now, before)].join("\n");
}
