/**
 * The state of one server's session, or of all the user's servers, for user interfaces in any framework. React, Vue and Svelte have
 * their own entries: `mcp-authorize/react`, `mcp-authorize/vue` and `mcp-authorize/svelte`.
 *
 * @packageDocumentation
 */
import type {
  AccountOptions,
  McpAuthorizeError,
  McpAuthorizer,
  McpSession,
  SignInOptions,
  StepUpOptions,
  WaitOptions,
} from "./index.js";

/**
 * An authorizer, or a function that creates one when it is needed. The same function is called only once, and never during server-side
 * rendering.
 */
export type McpAuthorizerSource = McpAuthorizer | (() => Promise<McpAuthorizer>);

/** One of this library's errors, or whatever a function of the app threw. */
export type McpSessionError =
  McpAuthorizeError | (Error & { code?: undefined; remedy?: undefined; userMessage?: undefined });

/** The user is signed in. */
export interface McpSignedIn {
  readonly session: McpSession;
  /** The session's `fetch`. */
  readonly fetch: McpSession["fetch"];
}

/** The user is not signed in. */
export interface McpSignedOut {
  readonly session: null;
  readonly fetch: null;
}

/** The state of one session. */
export type McpSessionState =
  /** It is not yet known whether there is a session. */
  | ({ readonly status: "loading"; readonly waiting: false; readonly error: null } & McpSignedOut)
  | ({
      readonly status: "signed-out";
      readonly waiting: false;
      /** The error of the last attempt. Cancelling is not an error. */
      readonly error: McpSessionError | null;
    } & McpSignedOut)
  /** The popup is open. `session` is the previous session. */
  | ({
      readonly status: "signing-in";
      /**
       * Whether the popup can no longer be watched: its page has cut it off (`Cross-Origin-Opener-Policy`), or the user has closed it. The
       * sign-in continues. Let the user sign in again, which replaces it, or cancel.
       */
      readonly waiting: boolean;
      readonly error: McpSessionError | null;
    } & (McpSignedIn | McpSignedOut))
  | ({ readonly status: "signed-in"; readonly waiting: false; readonly error: McpSessionError | null } & McpSignedIn);

/** The initial state, also during server-side rendering. */
export const LOADING: McpSessionState;

/** The actions. None of them rejects: failures are in the state's `error`. */
export interface McpSessionActions {
  /**
   * Signs the user in with a popup. Call it in a click handler, before any `await`. A pending sign-in or step-up of the same session ends,
   * and its popup closes.
   *
   * @returns The session, or `null` if the sign-in failed or was cancelled.
   */
  signIn(options?: Omit<SignInOptions, "account">): Promise<McpSession | null>;
  /**
   * Asks the user to grant more scopes, after `insufficient_scope`: {@link McpSession.stepUp}. It opens a popup, as `signIn` does.
   *
   * @returns The session, with its previous scopes if the step-up failed or was cancelled. `null` if there is no session.
   */
  stepUp(options?: StepUpOptions): Promise<McpSession | null>;
  /** Ends the pending sign-in or step-up, if there is one. It leaves no error. */
  cancel(): void;
  /** Signs out. @returns Whether the server confirmed the revocation; `null` if the sign-out failed. */
  signOut(options?: WaitOptions): Promise<boolean | null>;
}

/**
 * Watches the session with a server. It restores the session if there is one, and reports each change, including those in other tabs and
 * in other parts of the page.
 *
 * @param server The MCP server's URL.
 * @param onChange Called at once, and after each change.
 * @param options Which of the user's accounts at the server.
 * @returns The actions, and `close`, which ends the watch and a sign-in that it started.
 */
export function watchMcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  onChange: (state: McpSessionState) => void,
  options?: AccountOptions,
): McpSessionActions & { close(): void };

/** A server, and one of the user's accounts at it. */
export interface McpServerAccount extends AccountOptions {
  /** The MCP server's URL. */
  readonly server: string | URL;
}

/** Options of a list of servers. */
export interface McpServersOptions {
  /** The initial entries: the app's own servers, or a list that it stored earlier. Default: none. */
  servers?: readonly McpServerAccount[];
}

/** One account at one server, in a list. Each change creates a new object. */
export type McpListedServer = McpSessionState &
  McpSessionActions & {
    /** Identifies server and account, and is the same on each visit. Use it as a key in lists. */
    readonly id: string;
    /** The MCP server's URL, as first given. */
    readonly server: string;
    /** The account's name. `undefined` for the account without a name. */
    readonly account: string | undefined;
    /**
     * Signs out, and removes the entry from this page's list. The app's registration is kept.
     *
     * @returns Whether the entry was removed. It stays if the session can't be deleted; `error` says why.
     */
    remove(): Promise<boolean>;
  };

/** The state of a list of servers. */
export type McpServersState = {
  /**
   * In this order: `servers` of the options, stored sessions, then what was added or signed in to. A server stays on the list when its
   * user signs out.
   */
  readonly servers: readonly McpListedServer[];
} & (
  | { readonly loading: true; readonly error: null }
  | {
      /** Whether it is not yet known which sessions are stored. */
      readonly loading: false;
      /** Why the stored sessions could not be listed: `storage_failed`, or the authorizer could not be created. */
      readonly error: McpSessionError | null;
    }
);

/** The initial list, also during server-side rendering. */
export const LOADING_SERVERS: McpServersState;

/** The actions of a list. Each of its entries has {@link McpSessionActions}. */
export interface McpServersActions {
  /**
   * Adds a server, or an account at a server. An entry that is already on the list stays unchanged.
   *
   * @returns The entry, so that one click can add it and sign in: `add(url).signIn()`.
   */
  add(server: string | URL, options?: AccountOptions): McpListedServer;
}

/**
 * Watches a list of servers and accounts, each as {@link watchMcpSession} does. Stored sessions and those of other tabs appear
 * automatically.
 *
 * @param onChange Called at once, and after each change.
 * @returns The actions, and `close`, which ends the watch and the sign-ins that it started.
 */
export function watchMcpServers(
  authorizer: McpAuthorizerSource,
  onChange: (state: McpServersState) => void,
  options?: McpServersOptions,
): McpServersActions & { close(): void };

/**
 * State with subscriptions, as React's `useSyncExternalStore` expects it. It works while it has a subscriber. When the last one
 * unsubscribes, pending work ends.
 */
export interface McpStore<State> {
  /** Returns the same object until something changes. */
  getSnapshot(): State;
  /** @returns A function that ends the subscription. */
  subscribe(onChange: () => void): () => void;
}

/** {@link watchMcpSession} as a store. */
export function mcpSessionStore(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  options?: AccountOptions,
): McpStore<McpSessionState> & McpSessionActions;

/** {@link watchMcpServers} as a store. */
export function mcpServersStore(
  authorizer: McpAuthorizerSource,
  options?: McpServersOptions,
): McpStore<McpServersState> & McpServersActions;
