// The results as text: a table, the reasons below it, and the totals.

export const STEPS = ["sign in", "call", "refresh", "step up", "restore", "sign out"];

/**
 * @typedef {object} Row
 * @property {string} label
 * @property {string} [skipped] why the server is not available
 * @property {Record<string, string>} [results] by step: "ok", "– " and why the server does not offer it, or "FAILED "
 *   and the error; no entry if an earlier failure prevented the step
 */

const symbol = (result = "FAILED") => (result === "ok" ? "ok" : result.startsWith("–") ? "–" : "FAILED");

/** @param {Row[]} rows */
export function describe(rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const reasons = [];
  const lines = rows.map(({ label, skipped, results = {} }) => {
    if (skipped) {
      reasons.push(`${label}: skipped: ${skipped}`);
      return line([label, ...STEPS.map(() => "–")]);
    }
    for (const step of STEPS) {
      const result = results[step];
      if (result && result !== "ok") reasons.push(`${label}: ${step}: ${result.replace(/^– /, "")}`);
    }
    return line([label, ...STEPS.map((step) => symbol(results[step]))]);
  });
  return ["", line(["server", ...STEPS]), line(["---", ...STEPS.map(() => "---")]), ...lines, "", ...reasons].join(
    "\n",
  );
}

/** How many steps passed and failed, and how many rows were skipped. */
export function count(rows) {
  const tried = rows.filter(({ skipped }) => !skipped);
  const symbols = tried.flatMap(({ results = {} }) => STEPS.map((step) => symbol(results[step])));
  const number = (kind) => symbols.filter((it) => it === kind).length;
  return { passed: number("ok"), failed: number("FAILED"), skipped: rows.length - tried.length };
}

/** The last line. */
export const sum = ({ passed, failed, skipped }) =>
  `interop: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
