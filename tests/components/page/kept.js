/** The list from before the reload; on the first visit the app's default, the first two servers. */
import { mcpUrls } from "./config.js";

const KEY = "servers";

const stored = sessionStorage.getItem(KEY);
export const kept = stored ? JSON.parse(stored) : mcpUrls.slice(0, 2).map((server) => ({ server }));

/** Stores what is needed to list the servers again, once all are loaded. */
export function keep({ loading, servers }) {
  const all = servers.map(({ server, account }) => ({ server, account }));
  if (!loading) sessionStorage.setItem(KEY, JSON.stringify(all));
}
