export { mcpServersStore, mcpSessionStore } from "./store.js";
export { LOADING_SERVERS, watchMcpServers } from "./watch-servers.js";
export { LOADING, watchMcpSession } from "./watch-session.js";
