/**
 * Vue composables. Vue 3.3 or newer is the app's own.
 *
 * @packageDocumentation
 */
import type { MaybeRefOrGetter, ShallowRef } from "vue";
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

/** Which of the user's accounts, as a value, a ref or a getter. */
export interface UseMcpSessionOptions {
  /** As in `AccountOptions`. */
  account?: MaybeRefOrGetter<string | undefined>;
}

/** What can be shown, and what can be done. */
export interface UseMcpSession extends McpSessionActions {
  readonly state: Readonly<ShallowRef<McpSessionState>>;
}

/** What can be shown, and what can be done. */
export interface UseMcpServers extends McpServersActions {
  readonly state: Readonly<ShallowRef<McpServersState>>;
}

/**
 * The session with a server: brought back if there is one, and the same in all components and tabs. It ends with its
 * scope, and a sign-in that it began with it.
 *
 * ```vue
 * <script setup>
 * const { state, signIn, cancel, signOut } = useMcpSession("https://mcp.example.com/mcp", authorizer);
 * </script>
 *
 * <template>
 *   <button v-if="state.status === 'signed-in'" @click="signOut()">Sign out</button>
 *   <button v-else-if="state.status === 'signing-in'" @click="cancel">Cancel</button>
 *   <button v-else :disabled="state.status === 'loading'" @click="signIn()">Sign in</button>
 * </template>
 * ```
 *
 * @param server The MCP server's URL, as a value, a ref or a getter: with another one it is another session.
 */
export function useMcpSession(
  server: MaybeRefOrGetter<string | URL>,
  authorizer: McpAuthorizerSource,
  options?: UseMcpSessionOptions,
): UseMcpSession;

/** All of the user's servers and accounts, each with its state and what can be done. */
export function useMcpServers(authorizer: McpAuthorizerSource, options?: McpServersOptions): UseMcpServers;
