/**
 * Vue composables. The app provides Vue 3.3 or newer.
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

/** The state and the actions. */
export interface UseMcpSession extends McpSessionActions {
  readonly state: Readonly<ShallowRef<McpSessionState>>;
}

/** The state and the actions. */
export interface UseMcpServers extends McpServersActions {
  readonly state: Readonly<ShallowRef<McpServersState>>;
}

/**
 * The session with a server. It is restored if there is one, and is the same in all components and tabs. When its effect scope ends, so
 * does a sign-in that it started.
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
 * @param server The MCP server's URL, as a value, a ref or a getter. If it changes, so does the session.
 */
export function useMcpSession(
  server: MaybeRefOrGetter<string | URL>,
  authorizer: McpAuthorizerSource,
  options?: UseMcpSessionOptions,
): UseMcpSession;

/** All of the user's servers and accounts, each with its state and actions. */
export function useMcpServers(authorizer: McpAuthorizerSource, options?: McpServersOptions): UseMcpServers;
