/** The servers of the test: `{ mcpUrl, mcpUrls }`. */
export const { mcpUrl, mcpUrls } = await (await fetch("/config.json")).json();

/** What a component has shown, in the order of its renderings. */
export function note(name, status) {
  ((globalThis.seen ??= {})[name] ??= []).push(status);
  return status;
}
