import { getCurrentScope, onScopeDispose, shallowReadonly, shallowRef, toValue, watch } from "vue";
import { LOADING_SERVERS, watchMcpServers } from "./watch-servers.js";
import { LOADING, watchMcpSession } from "./watch-session.js";

/** A server renders the loading state, and sends no requests. */
const isServer = () => !globalThis.document;

/** @type {typeof import("./vue.js").useMcpSession} */
export function useMcpSession(server, authorizer, { account } = {}) {
  const state = shallowRef(LOADING);
  /** @type {ReturnType<typeof watchMcpSession>} */
  let current;
  watch(
    [() => String(toValue(server)), () => toValue(account)],
    ([url, account], _before, onCleanup) => {
      if (isServer()) return;
      const own = watchMcpSession(url, authorizer, (next) => (state.value = next), { account });
      current = own;
      onCleanup(() => own.close());
    },
    { immediate: true },
  );
  return {
    state: shallowReadonly(state),
    signIn: (options) => current.signIn(options),
    stepUp: (options) => current.stepUp(options),
    cancel: () => current.cancel(),
    signOut: (options) => current.signOut(options),
  };
}

/** @type {typeof import("./vue.js").useMcpServers} */
export function useMcpServers(authorizer, options) {
  const state = shallowRef(LOADING_SERVERS);
  const { add, close } = isServer()
    ? { add: unavailable, close() {} }
    : watchMcpServers(authorizer, (next) => (state.value = next), options);
  if (getCurrentScope()) onScopeDispose(close);
  return { state: shallowReadonly(state), add };
}

/** @returns {never} */
function unavailable() {
  throw new Error("A server can't change the list of servers: add to it in the browser.");
}
