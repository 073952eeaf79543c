/**
 * Svelte stores, for Svelte 4 and 5.
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

/** A store that follows Svelte's contract. A component reads it as `$name`. */
export interface McpReadable<State> {
  /** @returns A function that ends the subscription. */
  subscribe(run: (state: State) => void): () => void;
}

/**
 * The session with a server. It is restored if there is one, and is the same in all components and tabs. The store works while it has a
 * subscriber, and does nothing during server-side rendering.
 *
 * ```svelte
 * <script>
 *   const account = mcpSession("https://mcp.example.com/mcp", authorizer);
 * </script>
 *
 * {#if $account.status === "signed-in"}
 *   <button onclick={() => account.signOut()}>Sign out</button>
 * {:else if $account.status === "signing-in"}
 *   <button onclick={() => account.cancel()}>Cancel</button>
 * {:else}
 *   <button disabled={$account.status === "loading"} onclick={() => account.signIn()}>Sign in</button>
 * {/if}
 * ```
 *
 * @param server The MCP server's URL.
 * @param options Which of the user's accounts at the server.
 */
export function mcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  options?: AccountOptions,
): McpReadable<McpSessionState> & McpSessionActions;

/** All of the user's servers and accounts, each with its state and actions. */
export function mcpServers(
  authorizer: McpAuthorizerSource,
  options?: McpServersOptions,
): McpReadable<McpServersState> & McpServersActions;
