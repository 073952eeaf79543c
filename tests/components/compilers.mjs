// esbuild plugins for Vue and Svelte components, and for the package's WebAssembly.

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { compile } from "svelte/compiler";
import { compileScript, parse } from "vue/compiler-sfc";
import { root } from "../../scripts/run.mjs";

/**
 * @param {RegExp} filter
 * @param {(source: string, path: string) => string} compiled
 * @returns {import("esbuild").Plugin}
 */
const compiler = (filter, compiled) => ({
  name: filter.source,
  setup: ({ onLoad }) =>
    onLoad({ filter }, async ({ path }) => ({ contents: compiled(await readFile(path, "utf8"), path) })),
});

export const vue = compiler(/\.vue$/, (source, filename) => {
  const { descriptor, errors } = parse(source, { filename });
  if (errors.length > 0) throw errors[0];
  return compileScript(descriptor, { id: basename(filename), inlineTemplate: true }).content;
});

export const svelte = compiler(/\.svelte$/, (source, filename) => compile(source, { filename }).js.code);

/**
 * Uses the entry with the WebAssembly inside the script, because esbuild copies no files.
 *
 * @type {import("esbuild").Plugin}
 */
export const inline = {
  name: "inline",
  setup: ({ onResolve }) => onResolve({ filter: /^mcp-authorize$/ }, () => ({ path: join(root, "pkg", "inline.js") })),
};
