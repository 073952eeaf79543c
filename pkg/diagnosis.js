// What the entries of the diagnosis share. Each entry loads the module in its environment's way.
import { diagnose } from "./wasm/diagnose.js";

/** @type {Record<string, string>} */
const TITLES = {
  setup: "Set-up",
  challenge: "Challenge",
  resource_metadata: "Resource metadata",
  authorization_server_metadata: "Authorization server metadata",
  registration: "Registration",
  authorization: "Authorization",
  token: "Token endpoint",
  revocation: "Revocation",
  request: "Calls with a token",
};
const MARKS = { pass: "✅ pass", warning: "⚠️ warning", failure: "❌ failure", skipped: "➖ skipped" };

/** @typedef {import("mcp-authorize").McpFinding} Finding */

export class McpDiagnosis {
  /** @param {{ server: string, origin: string, findings: readonly Finding[] }} report */
  constructor({ server, origin, findings }) {
    this.server = server;
    this.origin = origin;
    this.findings = findings;
  }

  get failures() {
    return this.findings.filter(({ status }) => status === "failure");
  }

  /**
   * The findings by step, in the order of a sign-in: `[title, findings]`.
   *
   * @returns {[string, Finding[]][]}
   */
  groups() {
    const steps = [...new Set(this.findings.map(({ step }) => step))];
    return steps.map((step) => [TITLES[step] ?? step, this.findings.filter((finding) => finding.step === step)]);
  }

  toMarkdown() {
    const lines = [`# ${code(this.server)}`, "", `For pages at ${code(this.origin)}: ${summary(this.findings)}.`];
    for (const [title, findings] of this.groups()) {
      lines.push("", `## ${title}`, "");
      for (const { status, title, detail, request, remedy, spec } of findings) {
        lines.push(`- ${MARKS[status]}: ${title} (${spec})`);
        if (detail) lines.push(`  - ${code(detail)}`);
        if (request && status !== "pass") lines.push(`  - ${code(exchange(request))}`);
        if (remedy) lines.push(`  - Remedy: ${code(remedy)}`);
      }
    }
    return `${lines.join("\n")}\n`;
  }
}

/** @param {NonNullable<Finding["request"]>} request */
export const exchange = ({ method, url, status }) => `${method} ${url} → ${status ?? "no readable answer"}`;

/** @param {readonly Finding[]} findings */
export function summary(findings) {
  const count = (/** @type {Finding["status"]} */ wanted) => findings.filter(({ status }) => status === wanted).length;
  const plural = (/** @type {number} */ number, /** @type {string} */ word) =>
    `${number} ${word}${number === 1 ? "" : "s"}`;
  const [failures, warnings] = [plural(count("failure"), "failure"), plural(count("warning"), "warning")];
  return `${failures}, ${warnings}, ${count("pass")} passed, ${count("skipped")} skipped`;
}

/**
 * Escapes text from a server.
 *
 * @param {string} text
 */
const code = (text) => {
  const plain = text.replace(/\s+/g, " ");
  const fence = "`".repeat(1 + Math.max(0, ...(plain.match(/`+/g) ?? []).map(({ length }) => length)));
  return `${fence}${fence.length > 1 ? ` ${plain} ` : plain}${fence}`;
};

/** @param {() => Promise<unknown>} load */
export function diagnoseBy(load) {
  /** @type {Promise<unknown> | undefined} */
  let loading;
  /** @type {(server: string, options: object, signal?: AbortSignal) => Promise<McpDiagnosis>} */
  return async (server, options, signal) => {
    await (loading ??= load().catch((cause) => {
      loading = undefined;
      throw cause;
    }));
    return new McpDiagnosis(await diagnose(server, options, signal));
  };
}
