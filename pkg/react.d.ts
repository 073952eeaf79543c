/**
 * React hooks. The app provides React 18 or newer.
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
 * The session with a server. It is restored if there is one, and is the same in all components and tabs. When the component unmounts, a
 * sign-in that it started ends.
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
 * @param authorizer A component uses the first value that it gets. Define the function outside components, so that all share its result.
 * @param options Which of the user's accounts at the server.
 */
export function useMcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  options?: AccountOptions,
): McpSessionState & McpSessionActions;

/**
 * All of the user's servers and accounts, each with its state and actions.
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
 * @param authorizer A component uses the first authorizer and the first options that it gets.
 */
export function useMcpServers(
  authorizer: McpAuthorizerSource,
  options?: McpServersOptions,
): McpServersState & McpServersActions;
