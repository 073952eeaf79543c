// Watches a list of servers and accounts, each like a single session.
import { authorizerFrom, whenMade } from "./authorizer-source.js";
import { canonical, watchMcpSession } from "./watch-session.js";

/** @import { McpListedServer, McpServersState } from "./watch.js" */

/** @type {McpServersState} */
export const LOADING_SERVERS = Object.freeze({ loading: true, error: null, servers: Object.freeze([]) });

/**
 * @param {import("./watch.js").McpAuthorizerSource} source
 * @param {(state: McpServersState) => void} onChange
 * @param {import("./watch.js").McpServersOptions} [options]
 * @returns {ReturnType<typeof import("./watch.js").watchMcpServers>}
 */
export function watchMcpServers(source, onChange, { servers = [] } = {}) {
  const closed = new AbortController();
  /** @type {Map<string, McpListedServer>} */
  const listed = new Map();
  /** @type {Map<string, () => void>} */
  const closers = new Map();
  let begun = false;
  let loading = true;
  /** @type {McpServersState["error"]} */
  let error = null;

  function show() {
    if (!begun || closed.signal.aborted) return;
    onChange(/** @type {McpServersState} */ ({ loading, error, servers: [...listed.values()] }));
  }

  /**
   * @param {string | URL} server
   * @param {string} [account]
   */
  function list(server, account) {
    const url = String(server);
    const id = JSON.stringify(account === undefined ? [canonical(url)] : [canonical(url), account]);
    const known = listed.get(id);
    if (known) return known;

    /** @type {import("./watch.js").McpSessionActions & { remove(): Promise<boolean> }} */
    const actions = {
      signIn: (options) => watch.signIn(options),
      stepUp: (options) => watch.stepUp(options),
      cancel: () => watch.cancel(),
      signOut: (options) => watch.signOut(options),
      async remove() {
        watch.cancel();
        // A session that can't be deleted would appear again.
        if ((await watch.signOut()) === null) return false;
        watch.close();
        closers.delete(id);
        listed.delete(id);
        show();
        return true;
      },
    };
    const onState = (/** @type {import("./watch.js").McpSessionState} */ state) => {
      listed.set(id, { id, server: url, account, ...state, ...actions });
      show();
    };
    const watch = watchMcpSession(url, source, onState, { account });
    closers.set(id, watch.close);
    return /** @type {McpListedServer} */ (listed.get(id));
  }

  async function load() {
    error = null;
    try {
      const authorizer = await authorizerFrom(source).ready;
      if (closed.signal.aborted) return;
      const { signal } = closed;
      authorizer.addEventListener("signed-in", ({ detail }) => void list(detail.server, detail.account), { signal });
      for (const { server, account } of await authorizer.sessions()) list(server, account);
    } catch (thrown) {
      error = thrown;
      whenMade(source, load);
    }
    loading = false;
    show();
  }

  for (const { server, account } of servers) list(server, account);
  begun = true;
  show();
  void load();

  return {
    add: (server, { account } = {}) => list(server, account),
    close() {
      closed.abort();
      for (const end of closers.values()) end();
    },
  };
}
