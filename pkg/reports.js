// The results of a check in the formats that CI systems read: JUnit's XML, and SARIF (OASIS SARIF 2.1.0).

/** @import { McpDiagnosis, McpFinding } from "./index.js" */
/** @import { CheckStep } from "./check.js" */

/** Characters that XML 1.0 does not allow (§2.2), which are left out. */
const UNWRITABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
/** @type {Record<string, string>} */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };

/** @param {unknown} text */
const xml = (text) =>
  String(text)
    .replace(UNWRITABLE, "")
    .replace(/[&<>"\n]/g, (character) => ENTITIES[character]);

/** @param {McpFinding} finding */
const evidence = ({ detail, remedy, spec }) => [detail, remedy && `Remedy: ${remedy}`, spec].filter(Boolean).join("\n");

/**
 * Two suites: the diagnosis, with a case for each finding, and the sign-in, with one for each of its steps.
 *
 * @param {McpDiagnosis} report
 * @param {CheckStep[]} steps
 */
export function junit(report, steps) {
  const findings = report.findings.map((finding) => ({
    name: finding.title,
    classname: `diagnosis.${finding.id}`,
    status: finding.status,
    seconds: 0,
    message: finding.detail ?? finding.title,
    text: evidence(finding),
  }));
  const signIn = steps.map(({ id, title, status, seconds, detail = "", remedy }) => ({
    name: title,
    classname: `sign_in.${id}`,
    status,
    seconds,
    message: detail || title,
    text: [detail, remedy && `Remedy: ${remedy}`].filter(Boolean).join("\n"),
  }));
  /** @type {[string, typeof findings][]} */
  const suites = [
    ["diagnosis", findings],
    ["sign-in", /** @type {typeof findings} */ (signIn)],
  ];
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="${xml(report.server)}">`];
  for (const [name, cases] of suites) {
    const count = (/** @type {string} */ wanted) => cases.filter(({ status }) => status === wanted).length;
    lines.push(
      `  <testsuite name="${name}" tests="${cases.length}" failures="${count("failure")}" skipped="${count("skipped")}" errors="0">`,
    );
    for (const { name, classname, status, seconds, message, text } of cases) {
      lines.push(`    <testcase name="${xml(name)}" classname="${xml(classname)}" time="${seconds.toFixed(3)}">`);
      if (status === "failure") lines.push(`      <failure message="${xml(message)}">${xml(text)}</failure>`);
      else if (status === "skipped") lines.push("      <skipped/>");
      else if (status === "warning") lines.push(`      <system-out>${xml(`Warning. ${text}`)}</system-out>`);
      lines.push("    </testcase>");
    }
    lines.push("  </testsuite>");
  }
  lines.push("</testsuites>");
  return `${lines.join("\n")}\n`;
}

/**
 * A rule for each kind of finding and of step, and a result for each failure and warning. A server has no source file, so
 * its URL is the location.
 *
 * @param {McpDiagnosis} report
 * @param {CheckStep[]} steps
 */
export function sarif(report, steps) {
  const findings = report.findings.map((finding) => ({
    id: finding.id,
    title: finding.title,
    spec: finding.spec,
    level: { failure: "error", warning: "warning" }[/** @type {string} */ (finding.status)],
    text: [finding.title, evidence(finding)].join("\n"),
  }));
  const signIn = steps.map(({ id, title, status, detail, remedy }) => ({
    id: `sign_in.${id}`,
    title,
    spec: undefined,
    level: status === "failure" ? "error" : undefined,
    text: [title, detail, remedy && `Remedy: ${remedy}`].filter(Boolean).join("\n"),
  }));
  const all = [...findings, ...signIn];
  const rules = new Map(
    all.map(({ id, title, spec }) => [
      id,
      { id, shortDescription: { text: title }, ...(spec && { help: { text: spec } }) },
    ]),
  );
  const results = all
    .filter(({ level }) => level)
    .map(({ id, level, text }) => ({
      ruleId: id,
      level,
      message: { text },
      locations: [{ physicalLocation: { artifactLocation: { uri: report.server } } }],
    }));
  const driver = { name: "mcp-authorize check", rules: [...rules.values()] };
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [{ tool: { driver }, results }] }, null, 2)}\n`;
}
