// The base of React's hooks and Svelte's stores: a watch that runs while there are subscribers.
import { LOADING_SERVERS, watchMcpServers } from "./watch-servers.js";
import { LOADING, watchMcpSession } from "./watch-session.js";

/**
 * @template State
 * @template {{ close(): void }} Watch
 * @param {State} initial
 * @param {(onChange: (state: State) => void) => Watch} start
 */
function storeOf(initial, start) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  let state = initial;
  /** @type {Watch | undefined} */
  let watch;
  let isOpen = false;

  /** @param {State} next */
  function publish(next) {
    if (next === state) return;
    state = next;
    for (const listener of [...listeners]) listener();
  }

  function open() {
    isOpen = true;
    watch = start(publish);
    return watch;
  }

  return {
    getSnapshot: () => state,
    /** @param {() => void} listener */
    subscribe(listener) {
      const own = () => listener(); // A listener that subscribes twice is called twice.
      listeners.add(own);
      if (!isOpen) open();
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        isOpen = false;
        watch?.close();
        state = initial;
      };
    },
    /** The watch. After it is closed, calls have no effect. */
    current: () => watch ?? open(),
  };
}

/** @type {typeof import("./watch.js").mcpSessionStore} */
export function mcpSessionStore(server, authorizer, options) {
  const { current, ...store } = storeOf(LOADING, (show) => watchMcpSession(server, authorizer, show, options));
  return {
    ...store,
    signIn: (options) => current().signIn(options),
    stepUp: (options) => current().stepUp(options),
    cancel: () => current().cancel(),
    signOut: (options) => current().signOut(options),
  };
}

/** @type {typeof import("./watch.js").mcpServersStore} */
export function mcpServersStore(authorizer, { servers = [] } = {}) {
  // After a new subscription, the list still has the servers that were added.
  let listed = servers;
  const { current, ...store } = storeOf(LOADING_SERVERS, (show) => {
    const onChange = (/** @type {import("./watch.js").McpServersState} */ state) => {
      listed = state.servers;
      show(state);
    };
    return watchMcpServers(authorizer, onChange, { servers: listed });
  });
  return { ...store, add: (server, options) => current().add(server, options) };
}
