// Parses the repository's Markdown files.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { marked } from "marked";
import { root } from "../../scripts/run.mjs";

/** @returns {string[]} the paths of all tracked and new files that Git does not ignore */
export function files() {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim().split("\n");
}

/**
 * @param {string} file its path from the root
 * @returns {{ links: string[], anchors: Set<string>, blocks: { language: string, code: string, heading: string }[] }}
 */
export function read(file) {
  const links = [];
  const blocks = [];
  const anchors = new Set();
  let heading = "";
  void marked.walkTokens(marked.lexer(readFileSync(join(root, file), "utf8")), (token) => {
    if (token.type === "heading") anchors.add(anchor((heading = token.text)));
    if (token.type === "link" || token.type === "image") links.push(token.href);
    if (token.type === "code") blocks.push({ language: token.lang ?? "", code: token.text, heading });
  });
  return { links, anchors, blocks };
}

/**
 * The only example of the guide under a heading that contains a text.
 *
 * @param {string} heading a part of the heading
 * @param {string} having
 */
export function example(heading, having) {
  const found = read("docs/guide.md").blocks.filter((it) => it.heading.includes(heading) && it.code.includes(having));
  if (found.length !== 1)
    throw new Error(`The guide has ${found.length} examples with "${having}" under "${heading}".`);
  return found[0].code;
}

/**
 * An example as a module. It reads the guide's assumed names from `app.given`, stores some of its own names in `app`,
 * and `app.running` resolves at its end.
 *
 * @param {string} code
 * @param {string[]} given
 * @param {string[]} names
 */
export function asModule(code, given, names) {
  const imports = code.match(/^import .*\n/gm) ?? [];
  const rest = imports.reduce((code, line) => code.replace(line, ""), code);
  return `${imports.join("")}const { ${given} } = globalThis.app.given;
app.running = (async () => {
${rest}
Object.assign(app, { ${names} });
})();`;
}

/** A heading's anchor, as GitHub generates it. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, "")
    .replaceAll(" ", "-");
