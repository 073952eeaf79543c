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

/** A store by Svelte's contract: a component reads it as `$name`. */
export interface McpReadable<State> {
  /** @returns What ends the subscription. */
  subscribe(run: (state: State) => void): () => void;
}

/**
 * The session with a server: brought back if there is one, and the same in all components and tabs. It works while
 * somebody subscribes, and does nothing while a server renders.
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
 * @param options Which of the user's accounts there.
 */
export function mcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  options?: AccountOptions,
): McpReadable<McpSessionState> & McpSessionActions;

/** All of the user's servers and accounts, each with its state and what can be done. */
export function mcpServers(
  authorizer: McpAuthorizerSource,
  options?: McpServersOptions,
): McpReadable<McpServersState> & McpServersActions;
