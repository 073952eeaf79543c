/**
 * React hooks. React 18 or newer is the app's own.
 *
 * @packageDocumentation
 */
import type { AccountOptions } from "./index.js";
import type {
  McpAuthorizerSource,
  McpServersActions,
  McpServersOptions,
  McpServersState,
  McpSessionActions,
  McpSessionState,
} from "./watch.js";

export type {
  McpAuthorizerSource,
  McpListedServer,
  McpServerAccount,
  McpServersActions,
  McpServersOptions,
  McpServersState,
  McpSessionActions,
  McpSessionError,
  McpSessionState,
  McpSignedIn,
  McpSignedOut,
} from "./watch.js";

/**
 * The session with a server: brought back if there is one, and the same in all components and tabs. When the component
 * goes, a sign-in that it began ends.
 *
 * ```jsx
 * const authorizer = () => McpAuthorizer.create({ clientName: "Acme Agent", redirectUri: "/callback.html" });
 *
 * function Account() {
 *   const { status, error, signIn, cancel, signOut } = useMcpSession("https://mcp.example.com/mcp", authorizer);
 *   if (status === "signed-in") return <button onClick={() => signOut()}>Sign out</button>;
 *   if (status === "signing-in") return <button onClick={cancel}>Cancel</button>;
 *   return <button disabled={status === "loading"} onClick={() => signIn()}>Sign in {error?.userMessage}</button>;
 * }
 * ```
 *
 * @param server The MCP server's URL.
 * @param authorizer The first one that a component gets counts. Keep the function outside of components, so that all
 *   share what it makes.
 * @param options Which of the user's accounts there.
 */
export function useMcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  options?: AccountOptions,
): McpSessionState & McpSessionActions;

/**
 * All of the user's servers and accounts, each with its state and what can be done.
 *
 * ```jsx
 * function Servers() {
 *   const { servers, add } = useMcpServers(authorizer, { servers: [{ server: "https://mcp.example.com/mcp" }] });
 *   return (
 *     <ul>
 *       {servers.map(({ id, server, status, signIn, signOut }) => (
 *         <li key={id}>
 *           {server}: {status}
 *           <button onClick={() => (status === "signed-in" ? signOut() : signIn())}>Sign in or out</button>
 *         </li>
 *       ))}
 *       <li>
 *         <button onClick={() => add("https://other.example.com/mcp").signIn()}>Connect another</button>
 *       </li>
 *     </ul>
 *   );
 * }
 * ```
 *
 * @param authorizer The first one that a component gets counts, and so do the first options.
 */
export function useMcpServers(
  authorizer: McpAuthorizerSource,
  options?: McpServersOptions,
): McpServersState & McpServersActions;
