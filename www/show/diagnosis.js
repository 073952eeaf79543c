// The report on a server: what prevents pages from using it, by step, with remedies.

import { McpAuthorizer } from "mcp-authorize";
import { clearError, showError } from "./errors.js";
import { breakable, find, make } from "./dom.js";

const MARKS = { pass: "✓", warning: "!", failure: "✕", skipped: "–" };
const WORDS = { pass: "Passed", warning: "Warning", failure: "Failure", skipped: "Skipped" };

/** Puts the button beside the others. @param {{ redirectUri: string }} options */
export function offerDiagnosis({ redirectUri }) {
  const button = make("button", { type: "button", id: "diagnose" }, "Diagnose");
  find("start").parentElement.append(button);
  const panel = make("section", { id: "diagnosis", className: "card", hidden: true });
  panel.setAttribute("aria-labelledby", "diagnosis-heading");
  find("start").closest("section").after(panel);

  button.addEventListener("click", async () => {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    clearError();
    find("status").textContent = "Checking the server…";
    try {
      // Not the page's own authorizer: these requests are not part of a sign-in, and do not belong in the diagram.
      const authorizer = await McpAuthorizer.create({
        clientName: "mcp-authorize demo",
        redirectUri,
        storage: "memory",
      });
      show(panel, await authorizer.diagnose(find("server").value.trim()));
    } catch (error) {
      showError(error);
    }
    find("status").textContent = "";
    button.ariaDisabled = null;
  });
}

/** @param {import("mcp-authorize").McpDiagnosis} report */
function show(panel, report) {
  const heading = make("h2", { id: "diagnosis-heading", tabIndex: -1 }, verdict(report));
  panel.replaceChildren(
    make("div", { className: "heading" }, heading, copyButton(report)),
    make(
      "p",
      { className: "quiet" },
      make("code", {}, ...breakable(report.server)),
      ", called from pages at ",
      make("code", {}, ...breakable(report.origin)),
    ),
    ...report.groups().flatMap(([title, findings]) => [make("h3", {}, title), ...group(findings)]),
  );
  panel.hidden = false;
  // Screen readers and the keyboard continue at the result.
  heading.focus();
}

function verdict({ failures, findings }) {
  const warnings = findings.filter(({ status }) => status === "warning").length;
  const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  if (failures.length === 0 && warnings === 0) return "Diagnosis: all is well";
  return `Diagnosis: ${count(failures.length, "failure")}, ${count(warnings, "warning")}`;
}

/** Shows failures and warnings. What passed or was skipped is folded away. */
function group(findings) {
  const list = (some) => make("ul", { className: "plain findings" }, ...some.map(item));
  const isToDo = ({ status }) => status === "failure" || status === "warning";
  const [toDo, rest] = [findings.filter(isToDo), findings.filter((finding) => !isToDo(finding))];
  const count = (status, word) => {
    const number = rest.filter((finding) => finding.status === status).length;
    return number > 0 ? [`${number} ${word}`] : [];
  };
  const summary = [...count("pass", "passed"), ...count("skipped", "skipped")].join(", ");
  return [
    ...(toDo.length > 0 ? [list(toDo)] : []),
    ...(rest.length > 0 ? [make("details", { className: "rest" }, make("summary", {}, summary), list(rest))] : []),
  ];
}

function item({ status, title, detail, request, spec, remedy }) {
  const mark = make("span", { className: "mark" }, MARKS[status]);
  mark.setAttribute("aria-hidden", "true");
  const parts = [make("p", {}, make("strong", { className: "word" }, `${WORDS[status]}: `), ...breakable(title))];
  if (detail) parts.push(make("p", { className: "quiet" }, ...breakable(detail)));
  if (remedy) {
    parts.push(make("p", { className: "remedy" }, "Remedy: ", make("code", {}, ...breakable(remedy))));
    const asked = request && `${request.method} ${request.url} → ${request.status ?? "no readable answer"}`;
    parts.push(
      make("p", { className: "quiet small" }, ...(asked ? [make("code", {}, ...breakable(asked)), " · "] : []), spec),
    );
  }
  const line = make("li", {}, mark, make("div", {}, ...parts));
  line.dataset.status = status;
  return line;
}

function copyButton(report) {
  const button = make("button", { type: "button" }, "Copy as Markdown");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(report.toMarkdown());
      find("status").textContent = "The report was copied.";
    } catch {
      find("status").textContent = "The browser did not allow copying.";
    }
  });
  return button;
}
