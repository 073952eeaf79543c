/**
 * Signs the user of a web page in to an MCP server and calls it.
 *
 * Follows the Model Context Protocol's authorization specification, revision
 * 2026-07-28, and its older revisions.
 *
 * @packageDocumentation
 */

import type { Tokens } from "./steps.js";

declare global {
  // TypeScript's own library declares this from ES2026 on, in the same words.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** What went wrong. Stable: a `code` keeps its meaning across versions. */
export type McpAuthorizeErrorCode =
  /** An option of {@link McpAuthorizer.create} or of a call is missing or of the wrong type. */
  | "invalid_option"
  /** A text that should be a URL is none. */
  | "invalid_url"
  /** A URL is neither `https:` nor `http:` on loopback, or leads from a server on the internet to this machine or into a private network; it was not opened or fetched. */
  | "insecure_url"
  /** The page is https and the URL is http on a host that is not loopback: browsers let no such request through. */
  | "mixed_content"
  /** A request got no answer: the server is down, or the network is, or the page's Content-Security-Policy forbids it. */
  | "network"
  /** The server answers, but pages of the app's origin may not read it; `message` names the header that is missing. */
  | "cors_blocked"
  /** A request or the whole sign-in took longer than its limit, or the code for another device ran out. */
  | "timeout"
  /** The caller's `AbortSignal` ended it. */
  | "aborted"
  /** An answer was longer than this client reads (1 MiB). */
  | "response_too_large"
  /** An answer was not what the specification says: HTML instead of JSON, a field missing or of the wrong type. */
  | "invalid_response"
  /** An answer had a status that tells of failure, and no OAuth error in it. */
  | "http_status"
  /** The server did not ask for authorization, and has no metadata that would: check the URL, or call it with plain `fetch`. */
  | "authorization_not_required"
  /** No usable metadata at any of the places where the specification puts it. */
  | "metadata_not_found"
  /** The protected resource metadata is about another resource (RFC 9728 §3.3). */
  | "resource_mismatch"
  /** The authorization server metadata, or the authorization response, names another issuer (RFC 8414 §3.3, RFC 9207 §2.4). */
  | "issuer_mismatch"
  /** The authorization server does not offer PKCE with S256. */
  | "pkce_unsupported"
  /** `dpop: "require"` was set, and the authorization server does not bind tokens to a key (RFC 9449). */
  | "dpop_unsupported"
  /** The authorization server offers no way to register, and no `clientId` was given. */
  | "registration_unsupported"
  /** The authorization server refused the registration (RFC 7591 §3.2.2). */
  | "registration_failed"
  /** `clientId` was registered at another authorization server than the one that this MCP server uses. */
  | "client_mismatch"
  /** The browser blocked the popup: call `signIn` directly in a click handler. */
  | "popup_blocked"
  /** The user closed the popup. */
  | "popup_closed"
  /** The popup of another sign-in of this page is open; it was brought to the front. */
  | "popup_open"
  /** The user came back from the sign-in page, as by the back button, before the sign-in was done. */
  | "redirect_abandoned"
  /** The user, or the authorization server for them, declined. */
  | "access_denied"
  /** The authorization server answered with another error (RFC 6749 §4.1.2.1), or refused a pushed request (RFC 9126 §2.3). */
  | "authorization_failed"
  /** The authorization response does not belong to this sign-in (`state`). */
  | "state_mismatch"
  /** The token endpoint refused (RFC 6749 §5.2). */
  | "token_failed"
  /** The session can't be refreshed any more: sign in again. */
  | "session_expired"
  /** The server asks for more scopes than the session has. */
  | "insufficient_scope"
  /** The server asks the user to sign in again, in a stronger way or more recently (RFC 9470). */
  | "insufficient_user_authentication"
  /** The request goes to another server than the one that the session is for: no token was sent. */
  | "wrong_resource"
  /** The session was signed out. */
  | "signed_out"
  /** The browser refused to store or to read. */
  | "storage_failed"
  /** This environment lacks what the call needs (a window, WebCrypto, …). */
  | "unsupported";

/** Where in the flow it went wrong. */
export type McpAuthorizeStep =
  | "setup"
  | "challenge"
  | "resource_metadata"
  | "authorization_server_metadata"
  | "registration"
  | "authorization"
  | "token"
  | "refresh"
  | "request"
  | "revocation"
  | "storage";

/** Every rejection of this library is one of these. */
export class McpAuthorizeError extends Error {
  readonly name: "McpAuthorizeError";
  /** What went wrong, for programs. */
  readonly code: McpAuthorizeErrorCode;
  /** Where in the flow. */
  readonly step: McpAuthorizeStep;
  /** What to do about it, for developers. */
  readonly remedy: string;
  /** What to tell the person at the page: one short sentence in English, without anything that a server wrote. */
  readonly userMessage: string;
  /** The URL that was asked, without its query; absent where none was. */
  readonly url?: string;
  /** The HTTP status of the answer, where there was one. */
  readonly status?: number;
  /** After how many seconds the server wants to be asked again (`Retry-After`, RFC 9110 §10.2.3), where it said so and exposes it. */
  readonly retryAfter?: number;
  /** The server's own error code (RFC 6749 §5.2, §4.1.2.1; RFC 7591 §3.2.2), as it sent it. Text from a server: never put it into a page as HTML. */
  readonly serverError?: string;
  /**
   * With `insufficient_scope` and `insufficient_user_authentication`: the scopes to ask for, those of the session and those that the server asks for; empty
   * where the server hides which. Absent where the user was asked for them as often as makes sense.
   */
  readonly scopes?: readonly string[];
  /** With `insufficient_scope`: those of `scopes` that the session does not have. */
  readonly missingScopes?: readonly string[];
  /** With `insufficient_user_authentication`: the authentication contexts that the server accepts, the preferred one first (RFC 9470 §3). */
  readonly acrValues?: readonly string[];
  /** With `insufficient_user_authentication`: how long ago the user may have signed in, in seconds, where the server says so. */
  readonly maxAge?: number;
  /**
   * With `insufficient_scope` and `insufficient_user_authentication`, where there are `scopes`: {@link McpSession.stepUp} for
   * what the server asks for, to be called in a click.
   */
  readonly stepUp?: (options?: WaitOptions) => Promise<void>;
  /** What the browser threw, where it threw. */
  readonly cause?: unknown;
}

/**
 * Where sessions and registrations are kept. Values are opaque text and hold secrets. What `set` has finished in one
 * tab, `get` gives in all that share it: a server's refresh token counts once. `localStorage` does not promise that.
 */
export interface McpStorage {
  /** @returns the value, or `null`/`undefined` where there is none. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  set(key: string, value: string): void | Promise<void>;
  delete(key: string): void | Promise<void>;
}

/** The app's own private key, for authorization servers that know its public half (`private_key_jwt`, RFC 7523 §2.2). */
export interface McpClientKey {
  /** P-256, RSA (SHA-256) or Ed25519; it need not be extractable. */
  key: CryptoKey;
  /** Its `kid`, where the authorization server knows several. */
  id?: string;
}

/** Gets a token when it is needed, for an authorization server and a resource. */
export type McpTokenFunction = (audience: { issuer: string; resource: string }) => string | Promise<string>;

/** A token, or what gets one when it is needed. */
export type McpTokenSource = string | McpTokenFunction;

/** How tokens are got without a user: `signIn` then opens no popup. `clientId` is given by hand. */
export type McpGrant =
  /** By the client's own credentials: `clientId` with `clientSecret` or `clientKey` (SEP-1046). */
  | { type: "client_credentials" }
  /** By a JWT of the workload (RFC 7523 §2.1, SEP-1933). */
  | { type: "jwt_bearer"; assertion: McpTokenSource }
  /**
   * By the user's identity at their organisation (SEP-990): its ID token is exchanged at `tokenEndpoint` for one that
   * the MCP server's authorization server takes (RFC 8693). `clientId` and `clientSecret` are the app's there.
   */
  | { type: "id_jag"; idToken: McpTokenSource; tokenEndpoint: string | URL; clientId: string; clientSecret?: string };

/** Grants whose token the app gives for each authorization server by itself: these need no `issuer`. */
export type McpAskingGrant =
  | { type: "jwt_bearer"; assertion: McpTokenFunction }
  | { type: "id_jag"; idToken: McpTokenFunction; tokenEndpoint: string | URL; clientId: string; clientSecret?: string };

/** The user signs in on another device: a page on a device without a keyboard shows them a code and where to enter it (RFC 8628). */
export interface McpDeviceCodeGrant {
  type: "device_code";
}

/** Options of {@link McpAuthorizer.create}: what needs to be there depends on who signs in, and how. */
export type McpAuthorizerOptions =
  /** The user, at a page that sends them back. */
  | (McpCommonOptions & McpIdentityOptions & McpNamedOptions & McpRedirectOptions & { grant?: undefined })
  /** The user, on another device: the event `device-code` brings what to show them. */
  | (McpCommonOptions &
      McpIdentityOptions &
      McpNamedOptions &
      Partial<McpRedirectOptions> & { grant: McpDeviceCodeGrant })
  /** Nobody: `signIn` gets tokens by the grant, and works without a window. */
  | (McpCommonOptions &
      (McpConfidentialOptions | McpAskedOptions) &
      Partial<McpNamedOptions & McpRedirectOptions> & { grant: McpGrant })
  | (McpCommonOptions & McpIdentityOptions & Partial<McpNamedOptions & McpRedirectOptions> & { grant: McpAskingGrant });

/** Options of every app that has users. */
export interface McpNamedOptions {
  /** The app's name, as the user reads it when they consent. */
  clientName: string;
}

/** Options of an app whose users come back to a page. */
export interface McpRedirectOptions {
  /**
   * The page that imports `mcp-authorize/callback`; relative to the current page. https, or http on loopback. Where
   * {@link McpCommonOptions.authorize} shows the page and `display` is not set, it may also open a desktop or mobile app by
   * a scheme made from a domain that the app owns, reversed: `com.example.app:/callback` (RFC 8252 §7.1).
   */
  redirectUri: string | URL;
}

/** An identity without credentials, or none: the app then registers itself. */
export interface McpPublicOptions {
  /** A client id that an authorization server gave to the app by hand. Comes before all other ways. */
  clientId?: string;
  /**
   * The issuer at which `clientId` is registered: at any other one it is refused (`client_mismatch`). Without it the
   * first issuer that `clientId` was used with is kept, until {@link McpAuthorizer.forgetClient} forgets it.
   */
  issuer?: string;
  clientSecret?: undefined;
  clientKey?: undefined;
  client?: undefined;
}

/** An authorization server that discovery found. */
export interface McpFoundServer {
  /** The MCP server's URL. */
  server: string;
  /** The authorization server. */
  issuer: string;
  /** Its metadata document (RFC 8414 §2), as it sent it; absent for servers of MCP 2025-03-26 that have none. */
  metadata?: Record<string, unknown>;
}

/** A function that knows the app's identity at each authorization server, or asks the user for it. */
export interface McpAskedOptions {
  /**
   * Returns the app's identity at `issuer`, or `undefined` to use `clientIdMetadataUrl` or registration instead.
   * `canRegister` says whether one of these is possible. If it is and then fails, the function is called once more with
   * `canRegister: false`. It may ask the user (MCP 2026-07-28 client-registration), within `signInTimeout`. It is called at
   * each sign-in and step-up, so keep what the user typed in. The secret is sent to `issuer` alone. If the function throws,
   * the call rejects with the same value.
   */
  client(
    details: McpFoundServer & { canRegister: boolean },
  ): McpGivenClient | undefined | Promise<McpGivenClient | undefined>;
  clientId?: undefined;
  issuer?: undefined;
  clientSecret?: undefined;
  clientKey?: undefined;
}

/** An identity that an authorization server gave to the app by hand. */
export interface McpGivenClient {
  clientId: string;
  /** The secret that came with it. A page can't keep it secret: only for servers that insist. */
  clientSecret?: string;
}

/** An identity with credentials. They are shown to `issuer` alone: to any other one, nothing is sent. */
export interface McpConfidentialOptions {
  /** The client id that `issuer` gave to the app by hand. */
  clientId: string;
  /** The issuer at which `clientId` is registered. */
  issuer: string;
  /** The secret that came with `clientId`. A page can't keep it secret: only for servers that insist. */
  clientSecret?: string;
  /** The app's own private key, in place of `clientSecret`. */
  clientKey?: McpClientKey;
  client?: undefined;
}

/** As whom the app signs in. Credentials need `issuer`. */
export type McpIdentityOptions = McpPublicOptions | McpConfidentialOptions | McpAskedOptions;

/** Parameters by name. `null` drops one that would be sent. */
export type McpParameters = Readonly<Record<string, string | null | undefined>>;

/** Parameters of authorization requests, or a function that knows them for an authorization server. */
export type McpAuthorizationParameters =
  McpParameters | ((details: McpFoundServer) => McpParameters | undefined | Promise<McpParameters | undefined>);

/** Where the popup is and what it shows first, in CSS pixels. */
export interface McpPopupOptions {
  /** Default 520. */
  width?: number;
  /** Default 720. */
  height?: number;
  /** Of the screen. Default: over the middle of the page's window. */
  left?: number;
  top?: number;
  /**
   * A page of the app's own origin, shown until the authorization server is known, in place of `about:blank` with a
   * sentence in it. For embedded browsers that open https pages alone.
   */
  url?: string | URL;
}

/** Options that every app may have. */
export interface McpCommonOptions {
  /** The https URL of the app's client ID metadata document: used where the authorization server supports it. */
  clientIdMetadataUrl?: string | URL;
  /** The app's home page, shown to the user on consent pages of servers where it registers itself. */
  clientUri?: string | URL;
  /** What consent pages show of the app where it registers itself (RFC 7591 §2): its logo, terms of service and privacy policy. */
  logoUri?: string | URL;
  tosUri?: string | URL;
  policyUri?: string | URL;
  /** How to reach the people who are responsible for the app, usually email addresses. */
  contacts?: readonly string[];
  /** The same for all installations of the app, and its version (RFC 7591 §2). */
  softwareId?: string;
  softwareVersion?: string;
  /** A JWT in which somebody vouches for the app (RFC 7591 §2.3). */
  softwareStatement?: string;
  /** Scopes to ask for in place of those that the server suggests. */
  scopes?: readonly string[];
  /**
   * Issuers that check PKCE although their metadata does not say so: Microsoft Entra ID does. Without this they are
   * refused (`pkce_unsupported`), as the specification asks.
   */
  trustPkce?: readonly string[];
  /** Issuers that refuse requests with a `resource` parameter: Microsoft Entra ID does. It is left out there. */
  omitResource?: readonly string[];
  /**
   * Authorization servers whose metadata names another issuer than the MCP server lists: each listed issuer with the
   * one in the document, both character by character. The `issuer_mismatch` error prints the line to add. Use it only
   * if you know that both are the same server (RFC 8414 §3.3).
   */
  acceptIssuers?: Readonly<Record<string, string>>;
  /**
   * Refuses metadata whose issuer differs from the listed one by an empty path in place of `/`, or the other way round.
   * Default `false`: both are one URL (RFC 3986 §6.2.3), and live servers differ by that.
   */
  strictIssuer?: boolean;
  /**
   * What to add to authorization requests, such as `login_hint` or `audience`. `null` drops a parameter:
   * `{ prompt: null }` sends no `prompt=consent` with `offline_access`. Parameters that the protocol sets
   * (`client_id`, `redirect_uri`, `scope`, `state`, `resource`, …) are `invalid_option`. A function is called at each
   * sign-in and step-up, once the authorization server is known. If it throws, the call rejects with the same value.
   */
  authorizationParameters?: McpAuthorizationParameters;
  /**
   * What allows the app to register (RFC 7591 §3), by issuer; or one token, with `issuer` beside it. It is shown to
   * that issuer alone.
   */
  initialAccessToken?: string | Readonly<Record<string, string>>;
  /**
   * Refuses an authorization response without `iss` (RFC 9207), though the server does not announce it. Default
   * `false`. Without `iss`, a hostile authorization server can pass a user on to an honest one and get the code.
   */
  requireIss?: boolean;
  /**
   * Refuses metadata that names a parent of the server's URL as its resource (`resource_mismatch`, RFC 9728 §3.3).
   * Default `false`. A token for a parent counts at all servers below it: set this where a host has several tenants.
   */
  exactResource?: boolean;
  /**
   * Asked before the sign-in page is opened: whether the user is to sign in to this server at this authorization
   * server. A falsy answer is `access_denied`.
   */
  confirmIssuer?(details: { server: string; issuer: string }): boolean | Promise<boolean>;
  /**
   * Whether tokens are bound to a key that can't leave the browser (DPoP, RFC 9449). `"auto"`, the default: where the
   * authorization server offers it, unless the MCP server asks for Bearer tokens alone, or `storage` is the app's own
   * where keys can't be kept (without IndexedDB, as in Node.js). `"require"`: other tokens are
   * refused (`dpop_unsupported`). `"off"`: never.
   */
  dpop?: "auto" | "require" | "off";
  /**
   * Has the user step up while a request waits that the server refused with `insufficient_scope` or
   * `insufficient_user_authentication`: shows a button, say,
   * and calls {@link McpSession.stepUp} in its click. Then the request is sent again; where this rejects, or the session
   * has no other tokens after it, the request rejects as it does without this option. All requests that are refused
   * meanwhile wait for the same call. Requests that can't be sent again, as their body was a stream, do not wait.
   */
  onStepUp?(
    details: McpEventSource & { scopes: string[]; acrValues?: string[]; maxAge?: number },
  ): void | Promise<void>;
  /**
   * Whether metadata is asked for at the places where it may be while the server is still being asked where it is, and
   * at all places of an authorization server at once: a sign-in takes fewer steps, and a few requests find nothing.
   * Default `true`.
   */
  prefetch?: boolean;
  /** Which of several authorization servers to use: gets their issuers, answers with one of them. Default: the first. */
  chooseAuthorizationServer?(issuers: string[], server: string): string | Promise<string>;
  /**
   * Shows the authorization server's page in place of the popup, and answers with the URL that came back to
   * `redirectUri`, its query included. For environments without windows, and for apps with windows of their own. `signal`
   * aborts when the sign-in has ended, whether it succeeded or not. If the function throws, `signIn` rejects with the same
   * value.
   */
  authorize?(
    url: string,
    details: { signal: AbortSignal; server: string; issuer: string; state: string },
  ): string | URL | Promise<string | URL>;
  /**
   * Where the authorization server's page comes up. `"popup"`, the default. `"redirect"`: in place of the app's page,
   * for where there are no popups, as in the web views of mobile apps; `signIn` then leaves the page. `"popup-or-redirect"`:
   * the latter where the browser blocks the popup. `"link"`: nothing is opened, and the event `authorizing` carries the URL,
   * for a link that the user opens in a tab of its own; `"popup-or-link"`: the same, but only if the browser blocks the popup. The tab
   * can't be watched, so offer to cancel (`signal`). After a redirect the user comes back to the page that they left, loaded
   * anew, and `restore` finishes the sign-in there. It needs a storage that outlasts the page.
   */
  display?: "popup" | "redirect" | "link" | "popup-or-redirect" | "popup-or-link";
  /** The popup's size, place and first page. */
  popup?: McpPopupOptions;
  /**
   * Cuts the sign-in page in the popup off from the app's window (`window.opener`), which it could send to another page.
   * Default `false`, since the app can't close the popup then while that shows the page: after an abort, the time limit
   * or a sign-out, the user closes it; and a response with a wrong `state` is left alone rather than `state_mismatch`.
   * In a frame of another site, where the response comes back by the opener alone, the page keeps it.
   */
  noOpener?: boolean;
  /** Where sessions are kept. Default `"indexeddb"`: encrypted, shared by all tabs of the origin. */
  storage?: "indexeddb" | "memory" | McpStorage;
  /**
   * Whether {@link McpSession.export} returns the tokens, so that the app can store them elsewhere. Default `false`, so that
   * an injected script can't read the refresh token.
   */
  exportable?: boolean;
  /** Limit for one request, in milliseconds. Default 30,000. */
  requestTimeout?: number;
  /** Limit for a whole sign-in, the user's part included, in milliseconds. Default 600,000. */
  signInTimeout?: number;
  /**
   * Sends chosen requests to another URL, for servers without CORS: one of the app's own backend, which has to hand them
   * on to `url` unchanged, headers included. Gets each request's URL and step; `undefined` leaves it as it is. The
   * `exchange` event says so in `via`.
   *
   * The backend sees codes, tokens and whatever is called with them: it has to be as trustworthy as the page, keep none
   * of it, and hand on to servers that it knows alone.
   */
  proxy?(url: string, step: McpAuthorizeStep): string | URL | undefined;
  /** Used in place of the global `fetch`. */
  fetch?(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** Options of calls that wait. */
export interface WaitOptions {
  /** Ends the call: it rejects with code `aborted`, and nothing of it goes on. */
  signal?: AbortSignal;
}

/** Which of the user's accounts at a server. */
export interface AccountOptions {
  /**
   * The app's own name for the account, such as `"work"`. No server learns it. Each account has its own session, stored
   * record, events, locks and keys. Default: the account without a name.
   */
  account?: string;
}

/** The session that an event is about. */
export interface McpEventSource {
  /** The MCP server's URL. */
  server: string;
  /** The account's name; absent for the account without a name. */
  account?: string;
}

/** Options of {@link McpAuthorizer.restore}. */
export interface RestoreOptions extends WaitOptions, AccountOptions {}

/** Options of {@link McpAuthorizer.signIn}. */
export interface SignInOptions extends WaitOptions, AccountOptions {
  /** Scopes to ask for in place of those that the server suggests. */
  scopes?: readonly string[];
  /**
   * Parameters for this sign-in's authorization request, in addition to the authorizer's own. With
   * `{ prompt: "select_account" }` many servers ask the user which account to use. `null` drops a parameter. A parameter that
   * the protocol sets is `invalid_option`.
   */
  authorizationParameters?: McpAuthorizationParameters;
}

/** Options of {@link McpSession.stepUp}. */
export interface StepUpOptions extends WaitOptions {
  /** Scopes to ask for besides those of the session. Without any of these options: what the server asked for last. */
  scopes?: readonly string[];
  /** The authentication contexts of which the user has to sign in by one, the preferred one first (RFC 9470 §4). */
  acrValues?: readonly string[];
  /** How long ago the user may have signed in, in seconds (RFC 9470 §4). */
  maxAge?: number;
}

/** What the user should know of a URL before they open it. */
export type McpUrlWarning =
  /** The host has letters of other alphabets, which can look like those of another name. It is shown in punycode. */
  | "punycode"
  /** The host is an IP address, which tells nobody whose it is. */
  | "ip_address"
  /** The page is on another host than the server that asks. */
  | "other_host";

/** How {@link McpAuthorizer.openUrl} ended. */
export type McpUrlOutcome =
  /** The server said that it is done: `completed` was fulfilled. */
  | "completed"
  /** The user closed the window, or said that they are done there. Only the server knows whether they are. */
  | "closed"
  /** The user said no. Nothing was opened. */
  | "declined"
  /** The user dismissed the question, or gave up after the page was open. */
  | "cancelled";

/** A server's wish to have a URL opened, for a dialog of the app's own. Texts come from the server: never put them into a page as HTML. */
export interface McpUrlRequest {
  /** The MCP server that asks, without its query. To be shown. */
  readonly server: string;
  /** The server's reason, as one paragraph without invisible characters, at most 500 characters of it. Never make links of what is in it. */
  readonly message: string;
  /** The whole URL, in ASCII. To be shown as text, not as a link: browsers may prefetch links. */
  readonly url: string;
  /** The same in three parts, for setting `host` apart. */
  readonly parts: { readonly scheme: string; readonly host: string; readonly rest: string };
  /** What to warn of. */
  readonly warnings: readonly McpUrlWarning[];
  /** Fires when the dialog has to go, however it ended. */
  readonly signal: AbortSignal;
  /** Opens the URL. Call it in the click by which the user agrees, before any `await`. Only the first call counts. */
  open(): void;
  /** The user says that they are done. Counts once the URL is open. */
  done(): void;
  /** The user says no. */
  decline(): void;
  /** The user dismisses the dialog. Once the URL is open, this gives up, and closes the window where the browser lets it. */
  cancel(): void;
}

/** The texts of the dialog, in English by default. */
export interface McpUrlLabels {
  title: string;
  page: string;
  server: string;
  message: string;
  warnings: Partial<Record<McpUrlWarning, string>>;
  open: string;
  decline: string;
  /** While the page is open. */
  waiting: string;
  done: string;
  cancel: string;
}

/** How the user is asked: by the library's dialog, or by one of the app's own. */
export type McpUrlDialogOptions =
  | {
      /** Other texts for the dialog. */
      labels?: Partial<McpUrlLabels>;
      show?: undefined;
    }
  | {
      /**
       * Shows a dialog of the app's own. It has to show `server`, `message`, `url` with its host set apart, and the
       * `warnings`; to call `open` when the user agrees, and to offer `decline` and `cancel` (MCP client/elicitation).
       */
      show(request: McpUrlRequest): void;
      labels?: undefined;
    };

/** Options of {@link McpAuthorizer.openUrl}. */
export type OpenUrlOptions = WaitOptions &
  McpUrlDialogOptions & {
    /** The URL of the MCP server that asks. */
    server: string | URL;
    /** Its reason, as it sent it. */
    message: string;
    /** Fulfilled when the server says that the user is done. If it rejects, the request is cancelled. */
    completed?: Promise<unknown>;
    /** Called when the user has agreed and the page is open. */
    onOpen?(): void;
  };

/** How a check of {@link McpAuthorizer.diagnose} ended. */
export type McpFindingStatus =
  /** As it should be. */
  | "pass"
  /** A sign-in works, but something is worse than it could be. */
  | "warning"
  /** A sign-in, or the calls after it, will fail. */
  | "failure"
  /** It could not be looked at, or does not matter here. */
  | "skipped";

/** What a check of {@link McpAuthorizer.diagnose} found. Texts may come from a server: never put them into a page as HTML. */
export interface McpFinding {
  /** Stable: the step and what is checked, as `token.cors`. */
  id: string;
  /** The step of a sign-in that it belongs to. */
  step: McpAuthorizeStep;
  status: McpFindingStatus;
  /** What should be so. */
  title: string;
  /** What is so; empty where there is nothing to add. */
  detail: string;
  /** The exchange that showed it. `status` is absent where no answer came that a page may read; `url` has no query. */
  request?: { method: string; url: string; status?: number };
  /** The section that asks for it. */
  spec: string;
  /** What to add, literally: a header, or a member of a JSON document. */
  remedy?: string;
}

/** What a page will stumble over at a server. */
export interface McpDiagnosis {
  readonly server: string;
  /** The origin of the pages for which it was asked. */
  readonly origin: string;
  /** In the order of a sign-in. */
  readonly findings: readonly McpFinding[];
  /** Those with the status `failure`. */
  readonly failures: readonly McpFinding[];
  /** The findings by step, each with a title for people. */
  groups(): [title: string, findings: McpFinding[]][];
  /** The report as Markdown, for an issue at the server's developers. */
  toMarkdown(): string;
}

/** Options of {@link McpAuthorizer.diagnose}. */
export interface DiagnoseOptions extends WaitOptions {
  /** Registers a client for real. Without it nothing is left at the server, and whether it works is not known. */
  register?: boolean;
  /** In Node.js: the origin of the pages for which CORS is judged. Default: that of `redirectUri`. In a page it is the page's. */
  origin?: string;
}

/** One HTTP exchange, the app's own through `session.fetch` included (`step` is `request`), with secrets left out. */
export interface McpExchange {
  step: McpAuthorizeStep;
  method: string;
  /** Without query and fragment. */
  url: string;
  /** Absent where no answer came. */
  status?: number;
  /** How long it took, in milliseconds. */
  duration: number;
  /** Where it was sent in place of `url` (the option `proxy`), without query and fragment. */
  via?: string;
}

/** What the events of {@link McpAuthorizer} carry in `detail`. */
export interface McpAuthorizerEventMap {
  /** A user signed in, here or in another tab. */
  "signed-in": McpEventSource;
  /** New tokens came. */
  refreshed: McpEventSource;
  /** A session got tokens for more scopes, here or in another tab. `scopes` are the granted ones. */
  "step-up": McpEventSource & { scopes: string[] };
  /**
   * The storage is not what it should be, and the library goes on. `unreadable`: a record could not be read and was
   * dropped; if it was a session, the user has to sign in again. `unavailable`: there is no storage that lasts, as in some
   * private windows; from now on sessions are kept in memory.
   */
  storage: { reason: "unreadable" | "unavailable" };
  /** A session ended: by `signOut`, or because it can't be refreshed. */
  "signed-out": McpEventSource & { reason: "sign-out" | "expired" };
  /** A server was asked something. */
  exchange: McpExchange;
  /**
   * The user has to enter `userCode` at `verificationUri` on another device within `expiresIn` seconds (RFC 8628 §3.3);
   * at `verificationUriComplete`, where the server has one, they need not: good for a QR code. `signIn` goes on until
   * they have. `userCode` is text from a server: never put it into a page as HTML.
   */
  "device-code": McpEventSource & {
    userCode: string;
    verificationUri: string;
    verificationUriComplete?: string;
    expiresIn: number;
  };
  /**
   * The popup shows the authorization server's page. `resource` is what the tokens will be for: the server, or a parent
   * of it. `url` is there where nothing was opened (`display`): show it as a link, `<a target="_blank" rel="noopener">`.
   */
  authorizing: McpEventSource & { issuer: string; resource: string; url?: string };
  /**
   * The popup can't be watched any more: its page has cut it off (`Cross-Origin-Opener-Policy`), or else it was closed.
   * The sign-in goes on and ends as ever, but no longer when the popup is closed: offer to cancel it (`signal`), or to
   * open another popup (`signIn` again). Comes once in a sign-in, if at all.
   */
  waiting: McpEventSource;
}

/** An event of {@link McpAuthorizer}. */
export class McpAuthorizerEvent<K extends keyof McpAuthorizerEventMap> extends Event {
  readonly type: K;
  readonly detail: McpAuthorizerEventMap[K];
}

/** What listens to an event of {@link McpAuthorizer}. */
export type McpAuthorizerListener<K extends keyof McpAuthorizerEventMap> =
  ((event: McpAuthorizerEvent<K>) => void) | { handleEvent(event: McpAuthorizerEvent<K>): void };

/**
 * Loads the WebAssembly module, so that {@link McpAuthorizer.create} finds it there. In a window, importing `mcp-authorize`
 * begins that by itself. Call this in a worker, or where the import itself is lazy: `(await import("mcp-authorize")).preload()`.
 *
 * @throws McpAuthorizeError `unsupported`.
 */
export function preload(): Promise<void>;

/** Signs users in. One for each app is enough. */
export class McpAuthorizer extends EventTarget {
  private constructor();

  /**
   * Loads the WebAssembly module (once) and checks the options.
   *
   * @throws McpAuthorizeError `invalid_option`, `invalid_url`, `insecure_url`, `unsupported`.
   */
  static create(options: McpAuthorizerOptions): Promise<McpAuthorizer>;

  /**
   * Signs the user in to an MCP server. Opens a popup at once: call it in a click handler,
   * before any `await` (browsers block popups otherwise). With a `grant` it opens none, and can be called at any time.
   *
   * By redirect (`display`) it needs no click. It then leaves the page, so that the promise never resolves: the session
   * comes from {@link restore}, once the user is back. The promise rejects if the page can't be left, or if the user
   * comes back to it by the back button and the browser has kept it as it was (`redirect_abandoned`).
   *
   * @param server The MCP server's URL, for example `https://mcp.example.com/mcp`.
   * @throws McpAuthorizeError any code.
   */
  signIn(server: string | URL, options?: SignInOptions): Promise<McpSession>;

  /**
   * Brings a session back, without the user and, where the token is still good, without the network. On the page to
   * which the user comes back from a redirect it finishes the sign-in, and rejects with what `signIn` would have
   * rejected with, such as `access_denied` or `timeout`: once, and an earlier session is there all the same.
   *
   * @returns The session, or `null` where there is none.
   * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `storage_failed`, `aborted`; after a redirect any code.
   */
  restore(server: string | URL, options?: RestoreOptions): Promise<McpSession | null>;

  /**
   * All stored sessions, in the order of their accounts' first sign-ins. Sends no request. The events `signed-in` and
   * `signed-out` tell when the list changes, in any tab.
   *
   * @throws McpAuthorizeError `storage_failed`.
   */
  sessions(): Promise<McpSession[]>;

  /**
   * Deletes what is stored for an account, in all tabs: its session and, unless another session uses the same issuer, the
   * app's registration there and the binding of `clientId`. Sends no request, so the tokens stay valid: to revoke them, use
   * {@link McpSession.signOut}.
   *
   * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `storage_failed`.
   */
  forget(server: string | URL, options?: AccountOptions): Promise<void>;

  /**
   * Makes a session of tokens that came from elsewhere: from `mcp-authorize/steps`, or from {@link McpSession.export} of
   * another app. It is stored as after a sign-in and replaces the app's session with that server. From then on, let this
   * session alone refresh the tokens: a refresh token works once.
   *
   * @throws McpAuthorizeError `invalid_option` for a value that can't be read as tokens, `client_mismatch` where `issuer` is another one,
   *   `unsupported` for tokens that are bound to a key, `storage_failed`.
   */
  adopt(tokens: Tokens, options?: AccountOptions): Promise<McpSession>;

  /**
   * Forgets the app's registration at an issuer, and that `clientId` was used with it: the next sign-in there registers
   * anew, and `clientId` may be used with another issuer. Sessions stay.
   *
   * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `storage_failed`.
   */
  forgetClient(issuer: string | URL): Promise<void>;

  /**
   * Tries each step of a sign-in without signing in, and tells all that is wrong at once. What is sent is made up and
   * meant to be refused. In a page the browser judges CORS; in Node.js the headers are judged, for `origin`.
   *
   * Loads a WebAssembly module of its own (once).
   *
   * @throws McpAuthorizeError `aborted`, `unsupported`; in Node.js `invalid_option` for `origin`.
   */
  diagnose(server: string | URL, options?: DiagnoseOptions): Promise<McpDiagnosis>;

  /**
   * Asks the user whether to open a URL that an MCP server has sent (URL mode elicitation), and opens it in a window of its
   * own if they agree. Resolves when the server says that it is done (`completed`), or the user closes the window, says that
   * they are done, or does not agree. For the official SDK's client, `mcp-authorize/elicitation` does all of it.
   *
   * It may be called at any time: the window opens in the user's click in the dialog. The dialog shows the server, its
   * message, and the whole URL with its host set apart, in punycode where it has other letters. Only https is opened (http
   * on loopback for servers there), without user names and passwords, and never a page of the app's own origin, unless the
   * server is of that origin, too. Nothing is fetched before, and the page has no `window.opener`. So it can't be closed
   * from here: the user does that. A page with `Cross-Origin-Opener-Policy` can't be seen closing either; then `completed`,
   * the dialog or `signal` ends it. Requests are shown one after the other.
   *
   * Loads a WebAssembly module of its own (once).
   *
   * @param url As the server sent it.
   * @throws McpAuthorizeError `insecure_url` and `invalid_response` for a URL that is not opened, `popup_blocked`, `popup_open`,
   *   `aborted`, `invalid_option`, `invalid_url` and `insecure_url` for `server`, `unsupported` where there is no window.
   */
  openUrl(url: string, options: OpenUrlOptions): Promise<McpUrlOutcome>;

  /**
   * The MCP extensions that this authorizer's sign-ins use, for the capabilities of an MCP client:
   * `new Client(info, { capabilities: authorizer.capabilities })`. With the grant `client_credentials` that is
   * `io.modelcontextprotocol/oauth-client-credentials`, with `id_jag` `io.modelcontextprotocol/enterprise-managed-authorization`;
   * for all others there is none to declare.
   */
  readonly capabilities: { readonly extensions?: Readonly<Record<string, Record<string, never>>> };

  /**
   * Ends every call that is under way with `aborted`, and closes its popup. Later calls reject with `aborted` too, also
   * those of its sessions.
   * There are no more events. What is stored stays. A diagnosis goes on until its own signal ends it. A refresh whose request was sent is finished and stored.
   */
  close(): Promise<void>;
  /** The same: `await using authorizer = await McpAuthorizer.create(…)`. */
  [Symbol.asyncDispose](): Promise<void>;

  addEventListener<K extends keyof McpAuthorizerEventMap>(
    type: K,
    listener: McpAuthorizerListener<K> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof McpAuthorizerEventMap>(
    type: K,
    listener: McpAuthorizerListener<K> | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** Who a user is (OpenID Connect Core §5.1). */
export interface McpUser {
  /** Identifies the user at the session's issuer, and never changes. */
  readonly sub: string;
  readonly name?: string;
  /** It may not have been verified. */
  readonly email?: string;
  /** An https URL. */
  readonly picture?: string;
}

/** A user who is signed in to one MCP server. */
export class McpSession {
  private constructor();

  /** The MCP server's URL, as given to `signIn`. */
  readonly server: string;
  /** The account's name, as given to `signIn`; `undefined` for the account without a name. */
  readonly account?: string;
  /** What the tokens are for (RFC 8707): `server` or a parent path of it. */
  readonly resource: string;
  /** The authorization server that issued the tokens. */
  readonly issuer: string;
  /** The client id in use. */
  readonly clientId: string;
  /** The granted scopes, as far as the server told them. */
  readonly scopes: readonly string[];
  /** When the access token runs out; `null` where the server did not say. */
  readonly expiresAt: Date | null;
  /** Whether new tokens can be had without the user. */
  readonly canRefresh: boolean;
  /**
   * Who the user is, if they signed in with the scope `openid` and the authorization server said so: in an ID token, which
   * is checked (OpenID Connect Core §3.1.3.7), and, if that has no name, at the userinfo endpoint. Show it to people; do
   * not base decisions on it. The texts come from a server: never put them into a page as HTML.
   */
  readonly user?: McpUser;

  /**
   * `fetch` with the session's access token, for this session's resource alone. Refreshes the token
   * before it runs out, and once more where the server answers 401. Needs no `this`: hand it to
   * `new StreamableHTTPClientTransport(url, { fetch: session.fetch })`.
   *
   * @throws McpAuthorizeError `wrong_resource`, `session_expired`, `insufficient_scope`, `signed_out`, `network`, `aborted`, …
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

  /**
   * For the transports of the MCP SDK's second version, in place of `fetch`, which does more: here the SDK adds the
   * token, takes 401 to one refresh and one more try, and knows no step-up.
   * `new StreamableHTTPClientTransport(url, { authProvider: session.authProvider })`, with the session's own URL.
   * Rejects as `fetch` does, and with `unsupported` where the token is bound to a key (`dpop`).
   */
  readonly authProvider: {
    token(): Promise<string>;
    onUnauthorized(context?: unknown): Promise<void>;
  };

  /** A valid access token, refreshed first where needed. For those who can't use `fetch`. */
  accessToken(options?: WaitOptions): Promise<string>;

  /** Gets new tokens now. @throws McpAuthorizeError `session_expired`, `network`, … */
  refresh(options?: WaitOptions): Promise<void>;

  /**
   * Has the user agree to more scopes, after `insufficient_scope`: asks for those of the session and `scopes` together,
   * and goes on with the new tokens, in this session and in other tabs. Opens a popup at once, as `signIn` does: call it in
   * a click handler, before any `await`. While its popup is open, further calls wait for the same.
   *
   * A scope that the server goes on asking for after two step-ups is not asked for again: it rejects with
   * `insufficient_scope`, and opens no popup (MCP 2026-07-28 authorization, step-up).
   *
   * @throws McpAuthorizeError any code.
   */
  stepUp(options?: StepUpOptions): Promise<void>;

  /**
   * The tokens, with all that it takes to refresh and to revoke them (`mcp-authorize/steps`), where the authorizer was made
   * with `exportable: true`. Whoever has them can act as the user. The session keeps using the same tokens, so only one of
   * the two may refresh them.
   *
   * @throws McpAuthorizeError `unsupported` without `exportable`, and for tokens that are bound to a key; `signed_out`.
   */
  export(options?: WaitOptions): Promise<Tokens>;

  /**
   * Forgets the tokens, and revokes them where the server offers it (RFC 7009).
   *
   * @returns Whether the server confirmed the revocation of the refresh token or, where there is none, of the access
   *   token. The tokens are forgotten in any case.
   */
  signOut(options?: WaitOptions): Promise<boolean>;
}
