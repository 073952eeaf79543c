import { mcpServersStore, mcpSessionStore } from "./store.js";

/**
 * Svelte's store contract: subscribers get the value at once. A server subscribes while it renders, and gets the loading
 * state.
 *
 * @template State
 * @param {import("./watch.js").McpStore<State>} store
 */
const readable = ({ getSnapshot, subscribe }) => ({
  /** @param {(state: State) => void} run */
  subscribe(run) {
    run(getSnapshot());
    return globalThis.document ? subscribe(() => run(getSnapshot())) : () => {};
  },
});

/** @type {typeof import("./svelte.js").mcpSession} */
export function mcpSession(server, authorizer, options) {
  const store = mcpSessionStore(server, authorizer, options);
  const { signIn, stepUp, cancel, signOut } = store;
  return { ...readable(store), signIn, stepUp, cancel, signOut };
}

/** @type {typeof import("./svelte.js").mcpServers} */
export function mcpServers(authorizer, options) {
  const store = mcpServersStore(authorizer, options);
  return { ...readable(store), add: store.add };
}
