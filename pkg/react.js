"use client";

import { useMemo, useState, useSyncExternalStore } from "react";
import { mcpServersStore, mcpSessionStore } from "./store.js";
import { LOADING_SERVERS } from "./watch-servers.js";
import { LOADING } from "./watch-session.js";

/** @type {typeof import("./react.js").useMcpSession} */
export function useMcpSession(server, authorizer, { account } = {}) {
  const url = String(server);
  const [source] = useState(() => authorizer);
  // With another URL or account, the previous session is no longer shown.
  const store = useMemo(() => mcpSessionStore(url, source, { account }), [url, source, account]);
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => LOADING);
  const { signIn, stepUp, cancel, signOut } = store;
  return { ...state, signIn, stepUp, cancel, signOut };
}

/** @type {typeof import("./react.js").useMcpServers} */
export function useMcpServers(authorizer, options) {
  const [store] = useState(() => mcpServersStore(authorizer, options));
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => LOADING_SERVERS);
  return { ...state, add: store.add };
}
