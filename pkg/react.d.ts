/**
 * A React hook. React 18 or newer is the app's own.
 *
 * @packageDocumentation
 */
import type { McpAuthorizerSource, McpSessionActions, McpSessionState } from "./watch.js";

export type { McpAuthorizerSource, McpSessionActions, McpSessionError, McpSessionState } from "./watch.js";

/**
 * The session with a server: brought back if there is one, and the same in all components and tabs. When the component
 * goes, a sign-in that it began ends.
 *
 * ```jsx
 * const authorizer = () => McpAuthorizer.create({ clientName: "Acme Agent", redirectUri: "/callback.html" });
 *
 * function Account() {
 *   const { status, error, signIn, signOut } = useMcpSession("https://mcp.example.com/mcp", authorizer);
 *   if (status === "signed-in") return <button onClick={() => signOut()}>Sign out</button>;
 *   return <button disabled={status !== "signed-out"} onClick={() => signIn()}>Sign in {error?.remedy}</button>;
 * }
 * ```
 *
 * @param server The MCP server's URL.
 * @param authorizer The first one that a component gets counts. Keep the function outside of components, so that all
 *   share what it makes.
 */
export function useMcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
): McpSessionState & McpSessionActions;
