/**
 * One server's session, as a user interface shows it: for components of any framework. React has a hook of its own,
 * `mcp-authorize/react`.
 *
 * @packageDocumentation
 */
import type { McpAuthorizeError, McpAuthorizer, McpSession, SignInOptions, WaitOptions } from "./index.js";

/**
 * An authorizer, or a function that makes one when it is needed. It is called once for all that are given the same
 * function, and never while a server renders.
 */
export type McpAuthorizerSource = McpAuthorizer | (() => Promise<McpAuthorizer>);

/** What there is to show. */
export interface McpSessionState {
  /**
   * `loading`: it is not known yet whether there is a session. `signing-in`: the popup is open; `session` is what there
   * was before.
   */
  readonly status: "loading" | "signed-out" | "signing-in" | "signed-in";
  /**
   * What went wrong last, until something else is tried; `null` where nothing did. It is another error than one of this
   * library only where the app's own functions throw.
   */
  readonly error: McpAuthorizeError | Error | null;
  /** `null` where nobody is signed in. */
  readonly session: McpSession | null;
  /** The session's `fetch`. */
  readonly fetch: McpSession["fetch"] | null;
}

/** What can be done. None of it rejects: what goes wrong is the state's `error`. */
export interface McpSessionActions {
  /**
   * Signs the user in by popup: call it in a click handler, before any `await`.
   *
   * @returns The session, or `null` where it went wrong.
   */
  signIn(options?: SignInOptions): Promise<McpSession | null>;
  /**
   * Asks the user for more: `scopes` beside those that the session has, as an error `insufficient_scope` names them. By
   * popup, as `signIn` does.
   */
  stepUp(options?: SignInOptions): Promise<McpSession | null>;
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
