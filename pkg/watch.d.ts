/**
 * One server's session, as a user interface shows it: for components of any framework. React has a hook of its own,
 * `mcp-authorize/react`.
 *
 * @packageDocumentation
 */
import type { McpAuthorizeError, McpAuthorizer, McpSession, SignInOptions, StepUpOptions, WaitOptions } from "./index.js";

/**
 * An authorizer, or a function that makes one when it is needed. It is called once for all that are given the same
 * function, and never while a server renders.
 */
export type McpAuthorizerSource = McpAuthorizer | (() => Promise<McpAuthorizer>);

/** One of this library's errors, or what a function of the app threw. */
export type McpSessionError = McpAuthorizeError | (Error & { code?: undefined; remedy?: undefined });

/**
 * What there is to show. `loading`: it is not known yet whether there is a session. `signing-in`: the popup is open, and
 * `session` is what there was before. `fetch` is that of the session. `error` is what went wrong last, until something
 * else is tried.
 */
export type McpSessionState = { readonly error: McpSessionError | null } & (
  | { readonly status: "loading" | "signed-out"; readonly session: null; readonly fetch: null }
  | { readonly status: "signed-in"; readonly session: McpSession; readonly fetch: McpSession["fetch"] }
  | { readonly status: "signing-in"; readonly session: McpSession | null; readonly fetch: McpSession["fetch"] | null }
);

/** The state before anything is known, as while a server renders. */
export const LOADING: McpSessionState;

/** What can be done. None of it rejects: what goes wrong is the state's `error`. */
export interface McpSessionActions {
  /**
   * Signs the user in by popup: call it in a click handler, before any `await`.
   *
   * @returns The session, or `null` where it went wrong.
   */
  signIn(options?: SignInOptions): Promise<McpSession | null>;
  /**
   * Has the user agree to more scopes, after `insufficient_scope`: {@link McpSession.stepUp}, by popup, as `signIn` does.
   *
   * @returns The session, or `null` where it went wrong.
   */
  stepUp(options?: StepUpOptions): Promise<McpSession | null>;
  /** Signs out. @returns Whether the server confirmed the revocation; `null` where it went wrong. */
  signOut(options?: WaitOptions): Promise<boolean | null>;
}

/**
 * Watches the session with a server: brings it back if there is one, and tells of each change, those in other tabs and
 * in other parts of the page included.
 *
 * @param server The MCP server's URL.
 * @param onChange Called at once, and with each change.
 * @returns What can be done, and `close`, which ends the watch and a sign-in that was begun here.
 */
export function watchMcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  onChange: (state: McpSessionState) => void,
): McpSessionActions & { close(): void };
