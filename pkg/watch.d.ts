/**
 * One server's session, or all of the user's servers, as a user interface shows them: for components of any framework.
 * React, Vue and Svelte have entries of their own, `mcp-authorize/react`, `mcp-authorize/vue` and `mcp-authorize/svelte`.
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
 * An authorizer, or a function that makes one when it is needed. It is called once for all that are given the same
 * function, and never while a server renders.
 */
export type McpAuthorizerSource = McpAuthorizer | (() => Promise<McpAuthorizer>);

/** One of this library's errors, or what a function of the app threw. */
export type McpSessionError =
  McpAuthorizeError | (Error & { code?: undefined; remedy?: undefined; userMessage?: undefined });

/** Somebody is signed in. */
export interface McpSignedIn {
  readonly session: McpSession;
  /** That of the session. */
  readonly fetch: McpSession["fetch"];
}

/** Nobody is. */
export interface McpSignedOut {
  readonly session: null;
  readonly fetch: null;
}

/** What there is to show of one session. */
export type McpSessionState =
  /** It is not known yet whether there is a session. */
  | ({ readonly status: "loading"; readonly waiting: false; readonly error: null } & McpSignedOut)
  | ({
      readonly status: "signed-out";
      readonly waiting: false;
      /** What went wrong in the last attempt. Cancelling is not an error. */
      readonly error: McpSessionError | null;
    } & McpSignedOut)
  /** The popup is open. `session` is what there was before. */
  | ({
      readonly status: "signing-in";
      /**
       * Whether the popup can't be watched any more: its page has cut it off (`Cross-Origin-Opener-Policy`), or else the
       * user has closed it. The sign-in goes on. Let the user sign in again, which replaces it, or cancel.
       */
      readonly waiting: boolean;
      readonly error: McpSessionError | null;
    } & (McpSignedIn | McpSignedOut))
  | ({ readonly status: "signed-in"; readonly waiting: false; readonly error: McpSessionError | null } & McpSignedIn);

/** The state before anything is known, as while a server renders. */
export const LOADING: McpSessionState;

/** What can be done. None of it rejects: what goes wrong is the state's `error`. */
export interface McpSessionActions {
  /**
   * Signs the user in by popup: call it in a click handler, before any `await`. A sign-in or a step-up of the same
   * session that is under way ends, and its popup closes.
   *
   * @returns The session, or `null` where it went wrong or was cancelled.
   */
  signIn(options?: Omit<SignInOptions, "account">): Promise<McpSession | null>;
  /**
   * Has the user agree to more scopes, after `insufficient_scope`: {@link McpSession.stepUp}, by popup, as `signIn` does.
   *
   * @returns The session, which may have the scopes of before where it went wrong or was cancelled; `null` where there is
   *   none.
   */
  stepUp(options?: StepUpOptions): Promise<McpSession | null>;
  /** Ends the sign-in or the step-up that is under way here, if there is one. It leaves no error. */
  cancel(): void;
  /** Signs out. @returns Whether the server confirmed the revocation; `null` where it went wrong. */
  signOut(options?: WaitOptions): Promise<boolean | null>;
}

/**
 * Watches the session with a server: brings it back if there is one, and tells of each change, those in other tabs and
 * in other parts of the page included.
 *
 * @param server The MCP server's URL.
 * @param onChange Called at once, and with each change.
 * @param options Which of the user's accounts there.
 * @returns What can be done, and `close`, which ends the watch and a sign-in that was begun here.
 */
export function watchMcpSession(
  server: string | URL,
  authorizer: McpAuthorizerSource,
  onChange: (state: McpSessionState) => void,
  options?: AccountOptions,
): McpSessionActions & { close(): void };

/** A server, and which of the user's accounts there. */
export interface McpServerAccount extends AccountOptions {
  /** The MCP server's URL. */
  readonly server: string | URL;
}

/** Options of a list of servers. */
export interface McpServersOptions {
  /** What is listed from the start: the app's own servers, or what it kept of an earlier list. Default: none. */
  servers?: readonly McpServerAccount[];
}

/** One account at one server, in a list. A change makes a new object. */
export type McpListedServer = McpSessionState &
  McpSessionActions & {
    /** One for each server and account, the same at each visit: a key for lists. */
    readonly id: string;
    /** The MCP server's URL, as it was given first. */
    readonly server: string;
    /** The account's name; `undefined` for the account without a name. */
    readonly account: string | undefined;
    /**
     * Signs out, and takes it off the list of this page. The app's registration is kept.
     *
     * @returns Whether it is off the list. It stays on it where the session can't be deleted: `error` says why.
     */
    remove(): Promise<boolean>;
  };

/** What there is to show of a list of servers. */
export type McpServersState = {
  /**
   * In the order in which they came: `servers` of the options, stored sessions, and what was added or signed in to since.
   * A server stays on the list when its user signs out.
   */
  readonly servers: readonly McpListedServer[];
} & (
  | { readonly loading: true; readonly error: null }
  | {
      /** Whether it is not known yet which sessions are stored. */
      readonly loading: false;
      /** Why the stored sessions could not be listed: `storage_failed`, or there is no authorizer. */
      readonly error: McpSessionError | null;
    }
);

/** The list before anything is known, as while a server renders. */
export const LOADING_SERVERS: McpServersState;

/** What can be done with a list; each of its servers has {@link McpSessionActions}. */
export interface McpServersActions {
  /**
   * Lists a server, or an account at a server. One that is listed already is left as it is.
   *
   * @returns It, so that one click adds it and signs in: `add(url).signIn()`.
   */
  add(server: string | URL, options?: AccountOptions): McpListedServer;
}

/**
 * Watches a list of servers and accounts, each as {@link watchMcpSession} does. Stored sessions appear by themselves,
 * and so do those that other tabs sign in to.
 *
 * @param onChange Called at once, and with each change.
 * @returns What can be done, and `close`, which ends the watch and the sign-ins that were begun here.
 */
export function watchMcpServers(
  authorizer: McpAuthorizerSource,
  onChange: (state: McpServersState) => void,
  options?: McpServersOptions,
): McpServersActions & { close(): void };

/**
 * State that can be subscribed to, as React's `useSyncExternalStore` takes it. It works while somebody subscribes: the last
 * one who leaves ends what is under way.
 */
export interface McpStore<State> {
  /** The same object until something changes. */
  getSnapshot(): State;
  /** @returns What ends the subscription. */
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
