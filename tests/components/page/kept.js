/** The list of before the reload. Without one it is the app's own: the first two servers. */
import { mcpUrls } from "./config.js";

const KEY = "servers";

const stored = sessionStorage.getItem(KEY);
export const kept = stored ? JSON.parse(stored) : mcpUrls.slice(0, 2).map((server) => ({ server }));

/** Of each server what it takes to list it again, once all are listed. */
export function keep({ loading, servers }) {
  const all = servers.map(({ server, account }) => ({ server, account }));
  if (!loading) sessionStorage.setItem(KEY, JSON.stringify(all));
}
