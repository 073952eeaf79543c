/** The servers of the test: `{ mcpUrl, mcpUrls }`. */
export const { mcpUrl, mcpUrls } = await (await fetch("/config.json")).json();

/** Records what a component showed, in rendering order. */
export function note(name, status) {
  ((globalThis.seen ??= {})[name] ??= []).push(status);
  return status;
}
