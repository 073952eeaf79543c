// Reads the code of a recipe from docs/servers and runs it like an administrator, to test the document.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { read } from "../docs/markdown.mjs";

/**
 * The code in one language under some headings of a document, as one text.
 *
 * @param {string} document its path from the root
 * @param {string[]} headings
 * @param {string} [language]
 */
export function codeOf(document, headings, language = "sh") {
  const blocks = read(document).blocks.filter((block) => block.language === language);
  return headings
    .map((heading) => {
      const found = blocks.filter((block) => block.heading === heading);
      if (found.length === 0) throw new Error(`${document} has no ${language} under "${heading}".`);
      return found.map(({ code }) => code).join("\n");
    })
    .join("\n");
}

/**
 * Replaces the document's example names by those of a set-up. None may remain: the command would use another host.
 *
 * @param {string} commands
 * @param {Record<string, string>} names the set-up's names by the document's names
 */
export function fill(commands, names) {
  const longestFirst = Object.keys(names).sort((a, b) => b.length - a.length);
  const filled = longestFirst.reduce((text, name) => text.replaceAll(name, names[name]), commands);
  const left = filled.match(/[\w.:/-]*\bexample\.(com|org|net)\b[\w./-]*/);
  if (left) throw new Error(`The recipe's ${left[0]} has no replacement.`);
  return filled;
}

/**
 * Runs commands in one shell, which ends at the first that fails.
 *
 * @param {string} commands
 * @param {Record<string, string>} [env]
 */
export async function runCommands(commands, env = {}) {
  const shell = promisify(execFile)("sh", ["-e", "-c", commands], { env: { ...process.env, ...env } });
  return await shell.catch(({ message, stderr }) => {
    throw new Error(`A command of the recipe failed: ${stderr || message}`);
  });
}
