import { McpAuthorizer } from "mcp-authorize/inline";

globalThis.created = 0;

/** A storage that can't delete. */
const kept = new Map();
const storage = {
  get: (key) => kept.get(key),
  set: (key, value) => void kept.set(key, value),
  delete() {
    throw new Error("nothing is deleted");
  },
};

/** One authorizer for all components of a page, with the faults that the page's URL names. */
export async function authorizer() {
  globalThis.created += 1;
  if (location.search === "?fails-once" && globalThis.created === 1) throw new Error("not yet");
  const broken = location.search === "?keeps-all" ? { storage } : {};
  return McpAuthorizer.create({ clientName: "Components", redirectUri: "/callback.html", ...broken });
}
