// The Markdown files of the repository, taken apart.

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
  marked.walkTokens(marked.lexer(readFileSync(join(root, file), "utf8")), (token) => {
    if (token.type === "heading") anchors.add(anchor((heading = token.text)));
    if (token.type === "link" || token.type === "image") links.push(token.href);
    if (token.type === "code") blocks.push({ language: token.lang ?? "", code: token.text, heading });
  });
  return { links, anchors, blocks };
}

/** As GitHub makes it of a heading. */
const anchor = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}\- _]/gu, "").replaceAll(" ", "-");
