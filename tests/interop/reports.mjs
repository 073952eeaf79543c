// `npm run interop -- --diagnose`: the report of `npx mcp-authorize diagnose` on each server as it is installed by
// default, beside the one that was read against the server's answers by hand.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { start } from "./servers.mjs";

const CLI = fileURLToPath(new URL("../../pkg/cli.js", import.meta.url));
const ORIGIN = "https://app.example";

export async function compareReports(servers) {
  let [passed, failed] = [0, 0];
  for (const server of servers) {
    const snapshot = snapshotOf(server);
    const report = await reportOn(server);
    if (process.env.UPDATE_SNAPSHOTS) {
      mkdirSync(new URL(".", snapshot), { recursive: true });
      writeFileSync(snapshot, report);
    }
    const expected = existsSync(snapshot) ? readFileSync(snapshot, "utf8") : "";
    const same = report === expected;
    if (same) passed += 1;
    else failed += 1;
    console.log(`${server.name}: ${same ? "ok" : "FAILED"}`);
    if (!same) console.log(differences(expected, report));
  }
  console.log(`interop: ${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

/** Where the report is that was read. */
export const snapshotOf = ({ name }) => new URL(`snapshots/${name}.json`, import.meta.url);

/** The report as JSON, with names for the origins, whose ports are others each time. */
export async function reportOn(server) {
  const running = await start(server, { asInstalled: true });
  try {
    const report = await diagnose(running.mcpUrl);
    return report
      .replaceAll(new URL(running.mcpUrl).origin, "http://server.localhost")
      .replaceAll(/http:\/\/localhost:\d+/g, "http://issuer.localhost");
  } finally {
    await running.close();
  }
}

function diagnose(url) {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CLI, "diagnose", url, "--origin", ORIGIN, "--json"], (error, stdout, stderr) =>
      // 1 says that there is a failure in the report (see --help).
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
