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

/** What went wrong. A code keeps its meaning across versions. */
export type McpAuthorizeErrorCode =
  /** An option of {@link McpAuthorizer.create} or of a call is missing or has the wrong type. */
  | "invalid_option"
  /** Not a valid URL. */
  | "invalid_url"
  /** A URL is not `https:` (or `http:` on loopback), or a server on the internet points to this machine or into a private network. The URL was not opened or fetched. */
  | "insecure_url"
  /** The page is https and the URL is http on a host that is not loopback. Browsers block such requests. */
  | "mixed_content"
  /** A request got no response: the server or the network is down, or the page's Content-Security-Policy blocks the request. */
  | "network"
  /** The server responds, but pages of the app's origin may not read the response (CORS). `message` names the missing header. */
  | "cors_blocked"
  /** A request or the whole sign-in took longer than its limit, or the code for another device expired. */
  | "timeout"
  /** The caller's `AbortSignal` ended the call. */
  | "aborted"
  /** A response was larger than 1 MiB, the most that this client reads. */
  | "response_too_large"
  /** A response does not follow the specification: HTML instead of JSON, or a member that is missing or has the wrong type. */
  | "invalid_response"
  /** A response had an error status and no OAuth error in it. */
  | "http_status"
  /** The server did not ask for authorization and has no metadata. Check the URL, or call it with plain `fetch`. */
  | "authorization_not_required"
  /** There is no usable metadata at any location that the specification defines. */
  | "metadata_not_found"
  /** The protected resource metadata names a different resource (RFC 9728 §3.3). */
  | "resource_mismatch"
  /** The authorization server metadata or the authorization response names a different issuer (RFC 8414 §3.3, RFC 9207 §2.4). */
  | "issuer_mismatch"
  /** The authorization server does not offer PKCE with S256. */
  | "pkce_unsupported"
  /** `dpop: "require"` was set, and the authorization server does not bind tokens to a key (RFC 9449). */
  | "dpop_unsupported"
  /** The authorization server offers no way to register, and no `clientId` was given. */
  | "registration_unsupported"
  /** The authorization server refused the registration (RFC 7591 §3.2.2). */
  | "registration_failed"
  /** `clientId` was registered at a different authorization server than the one that this MCP server uses. */
  | "client_mismatch"
  /** The browser blocked the popup: call `signIn` directly in a click handler. */
  | "popup_blocked"
  /** The user closed the popup. */
  | "popup_closed"
  /** The popup of another sign-in of this page is open. It was brought to the front. */
  | "popup_open"
  /** The user came back to the app's page, for example with the back button, before the sign-in was complete. */
  | "redirect_abandoned"
  /** The user declined, or the authorization server declined for them. */
  | "access_denied"
  /** The authorization server responded with another error (RFC 6749 §4.1.2.1), or refused a pushed request (RFC 9126 §2.3). */
  | "authorization_failed"
  /** The authorization response does not belong to this sign-in (`state`). */
  | "state_mismatch"
  /** The token endpoint refused the request (RFC 6749 §5.2). */
  | "token_failed"
  /** The session can no longer be refreshed. The user must sign in again. */
  | "session_expired"
  /** The server asks for more scopes than the session has. */
  | "insufficient_scope"
  /** The server requires a stronger or more recent sign-in (RFC 9470). */
  | "insufficient_user_authentication"
  /** The request goes to a different server than the session's. No token was sent. */
  | "wrong_resource"
  /** The session was signed out. */
  | "signed_out"
  /** The storage failed to read or to write. */
  | "storage_failed"
  /** This environment lacks something that the call needs, such as a window or WebCrypto. */
  | "unsupported";

/** The step of the flow that failed. */
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

/** The error of every rejection of this library. */
export class McpAuthorizeError extends Error {
  readonly name: "McpAuthorizeError";
  /** What went wrong, for programs. */
  readonly code: McpAuthorizeErrorCode;
  /** The step that failed. */
  readonly step: McpAuthorizeStep;
  /** What to do about it, for developers. */
  readonly remedy: string;
  /** What to tell the person at the page: one short sentence in English that contains no text from a server. */
  readonly userMessage: string;
  /** The URL of the request, without its query. Absent if there was no request. */
  readonly url?: string;
  /** The HTTP status of the response, if there was one. */
  readonly status?: number;
  /** When to try again, in seconds, if the server sends and exposes `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfter?: number;
  /** The server's own error code (RFC 6749 §5.2, §4.1.2.1; RFC 7591 §3.2.2). Text from a server: never put it into a page as HTML. */
  readonly serverError?: string;
  /**
   * With `insufficient_scope` and `insufficient_user_authentication`: the scopes to request, which are those of the session and those
   * that the server demands. Empty if the server does not name them. Absent if the user was already asked twice.
   */
  readonly scopes?: readonly string[];
  /** With `insufficient_scope`: those of `scopes` that the session lacks. */
  readonly missingScopes?: readonly string[];
  /** With `insufficient_user_authentication`: the authentication contexts that the server accepts, the preferred one first (RFC 9470 §3). */
  readonly acrValues?: readonly string[];
  /** With `insufficient_user_authentication`: how long ago the user may have signed in, in seconds, if the server says so. */
  readonly maxAge?: number;
  /**
   * With `insufficient_scope` and `insufficient_user_authentication`, if there are `scopes`: {@link McpSession.stepUp} for what the
   * server demands. Call it in a click handler.
   */
  readonly stepUp?: (options?: WaitOptions) => Promise<void>;
  /** What the browser threw, if it threw. */
  readonly cause?: unknown;
}

/**
 * Where sessions and registrations are stored. Values are opaque strings and contain secrets. Once `set` has completed in one tab, `get`
 * must return the new value in all tabs that share the storage, because a refresh token may be accepted only once. `localStorage`
 * does not guarantee that.
 */
export interface McpStorage {
  /** @returns the value, or `null` or `undefined` if there is none. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  set(key: string, value: string): void | Promise<void>;
  delete(key: string): void | Promise<void>;
}

/** The app's own private key, for authorization servers that know the public key (`private_key_jwt`, RFC 7523 §2.2). */
export interface McpClientKey {
  /** P-256, RSA (SHA-256) or Ed25519. It need not be extractable. */
  key: CryptoKey;
  /** Its `kid`, if the authorization server knows several keys. */
  id?: string;
}

/** Returns a token for an authorization server and a resource. Called when the token is needed. */
export type McpTokenFunction = (audience: { issuer: string; resource: string }) => string | Promise<string>;

/** A token, or a function that returns one when it is needed. */
export type McpTokenSource = string | McpTokenFunction;

/** How to get tokens without a user. `signIn` then opens no popup. `clientId` comes from a registration made by hand. */
export type McpGrant =
  /** With the client's own credentials: `clientId` with `clientSecret` or `clientKey` (SEP-1046). */
  | { type: "client_credentials" }
  /** With a JWT of the workload (RFC 7523 §2.1, SEP-1933). */
  | { type: "jwt_bearer"; assertion: McpTokenSource }
  /**
   * By the user's identity at their organisation (SEP-990), where the app has the user's ID token: it is exchanged at
   * `tokenEndpoint` for one that the MCP server's authorization server takes (RFC 8693). `clientId` and `clientSecret` are
   * the app's there.
   */
  | { type: "id_jag"; idToken: McpTokenSource; tokenEndpoint: string | URL; clientId: string; clientSecret?: string };

/** Grants with a function that returns a token for each authorization server. These need no `issuer`. */
export type McpAskingGrant =
  | { type: "jwt_bearer"; assertion: McpTokenFunction }
  | { type: "id_jag"; idToken: McpTokenFunction; tokenEndpoint: string | URL; clientId: string; clientSecret?: string };

/**
 * Enterprise-managed authorization (SEP-990), with `McpAuthorizer` from `mcp-authorize/enterprise`. The user signs in at their
 * organisation's identity provider once. After that, `signIn` at each of the organisation's MCP servers opens no page.
 *
 * The servers' authorization servers identify the app by `clientId` with `issuer`, by `clientIdMetadataUrl`, or by `client`: it
 * does not register itself. `display: "redirect"` is not supported.
 */
export interface McpEnterpriseGrant {
  type: "id_jag";
  identityProvider: McpIdentityProvider;
}

/** An organisation's identity provider, and the app's registration there (OpenID Connect Core §3.1). */
export interface McpIdentityProvider {
  /** The issuer: the `iss` of the ID tokens, and where the metadata is (OpenID Connect Discovery §4). */
  issuer: string | URL;
  /** The app's client ID there. The app's `redirectUri` must be registered with it. */
  clientId: string;
  /** The app's secret there. A page can't keep it secret: use it only if the provider requires one. */
  clientSecret?: string;
  /**
   * How the app authenticates there. Default: with `clientSecret`, using a method that the provider lists; without a secret, not at
   * all. `private_key_jwt` signs with the app's `clientKey`.
   */
  authentication?: "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  /** Scopes to request in addition to `openid` and, if the provider lists it, `offline_access`. */
  scopes?: readonly string[];
  /**
   * The token that is exchanged for an ID-JAG. `"id_token"` (the default) is refreshed when it expires. `"refresh_token"` is used
   * if the provider issued one; otherwise the ID token is.
   */
  subjectToken?: "id_token" | "refresh_token";
}

/** The user signs in on another device: the page shows a code and where to enter it (RFC 8628). For devices without a keyboard. */
export interface McpDeviceCodeGrant {
  type: "device_code";
}

/** Options of {@link McpAuthorizer.create}. Which are required depends on who signs in, and how. */
export type McpAuthorizerOptions =
  /** The user signs in at a page that sends them back. */
  | (McpCommonOptions & McpIdentityOptions & McpNamedOptions & McpRedirectOptions & { grant?: undefined })
  /** The user signs in on another device. The event `device-code` carries what to show them. */
  | (McpCommonOptions &
      McpIdentityOptions &
      McpNamedOptions &
      Partial<McpRedirectOptions> & { grant: McpDeviceCodeGrant })
  /** The user signs in at their organisation's identity provider. */
  | (McpCommonOptions &
      McpIdentityOptions &
      Partial<McpNamedOptions> &
      McpRedirectOptions & { grant: McpEnterpriseGrant })
  /** No user signs in: `signIn` gets tokens through the grant, and works without a window. */
  | (McpCommonOptions &
      (McpConfidentialOptions | McpAskedOptions | McpDocumentOptions) &
      Partial<McpNamedOptions & McpRedirectOptions> & { grant: McpGrant })
  | (McpCommonOptions & McpWorkloadOptions & Partial<McpNamedOptions & McpRedirectOptions>)
  | (McpCommonOptions & McpIdentityOptions & Partial<McpNamedOptions & McpRedirectOptions> & { grant: McpAskingGrant });

/** Options of every app whose users sign in. */
export interface McpNamedOptions {
  /** The app's name, shown to users on the consent page. */
  clientName: string;
}

/** Options of an app whose users come back to a page. */
export interface McpRedirectOptions {
  /**
   * The URL of the page that imports `mcp-authorize/callback`, relative to the current page. https, or http on loopback. If
   * {@link McpCommonOptions.authorize} shows the sign-in page and `display` is not set, it may also open a desktop or mobile app. Its
   * scheme is then a domain that the app owns, reversed: `com.example.app:/callback` (RFC 8252 §7.1).
   */
  redirectUri: string | URL;
}

/** An identity without credentials. Without `clientId`, the app registers itself. */
export interface McpPublicOptions {
  /** The client ID of a registration made by hand. It takes precedence over all other identities. */
  clientId?: string;
  /**
   * The issuer at which `clientId` is registered. Any other issuer is rejected with `client_mismatch`. Without this option, `clientId`
   * is bound to the first issuer that it was used with, until {@link McpAuthorizer.forgetClient} deletes the binding.
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
  /** Its metadata document as sent (RFC 8414 §2). Absent for servers of MCP 2025-03-26 that have none. */
  metadata?: Record<string, unknown>;
}

/** A function that returns the app's identity at each authorization server. */
export interface McpAskedOptions {
  /**
   * Returns the app's identity at `issuer`, or `undefined` to use `clientIdMetadataUrl` or registration instead.
   * `canRegister` says whether one of these is possible. If it is possible but fails, the function is called once more with
   * `canRegister: false`. It may ask the user (MCP 2026-07-28 client-registration), within `signInTimeout`. It is called for each
   * sign-in and step-up, so store what the user entered. The secret is sent only to `issuer`. If the function throws, the call rejects
   * with the same value.
   */
  client(
    details: McpFoundServer & { canRegister: boolean },
  ): McpGivenClient | undefined | Promise<McpGivenClient | undefined>;
  clientId?: undefined;
  issuer?: undefined;
  clientSecret?: undefined;
  clientKey?: undefined;
}

/** An identity from a registration made by hand. */
export interface McpGivenClient {
  clientId: string;
  /** The secret that belongs to `clientId`. A page can't keep it secret, so use it only if the server requires it. */
  clientSecret?: string;
}

/** An identity with credentials. They are sent only to `issuer`. */
export interface McpConfidentialOptions {
  /** The client ID of a registration made by hand at `issuer`. */
  clientId: string;
  /** The issuer at which `clientId` is registered. */
  issuer: string;
  /** The secret that belongs to `clientId`. A page can't keep it secret, so use it only if the server requires it. */
  clientSecret?: string;
  /** The app's own private key, instead of `clientSecret`. */
  clientKey?: McpClientKey;
  client?: undefined;
}

/**
 * The app is identified by its client ID metadata document and a key. The document has `private_key_jwt` as its
 * `token_endpoint_auth_method`, and the public key in `jwks` or at `jwks_uri`. No `issuer` is needed: each assertion names the
 * authorization server that it is for.
 */
export interface McpDocumentOptions {
  clientIdMetadataUrl: string | URL;
  clientKey: McpClientKey;
  clientId?: undefined;
  issuer?: undefined;
  clientSecret?: undefined;
  client?: undefined;
}

/** As whom the app signs in. Credentials for one authorization server need `issuer`. */
export type McpIdentityOptions = McpPublicOptions | McpConfidentialOptions | McpAskedOptions | McpDocumentOptions;

/** A workload without a client ID: its JWT identifies it (RFC 7523 §3.1). */
export interface McpWorkloadOptions {
  /** The authorization server that the JWT is for. It is sent to no other server. */
  issuer: string;
  grant: { type: "jwt_bearer"; assertion: string };
  clientId?: undefined;
  clientSecret?: undefined;
  clientKey?: undefined;
  client?: undefined;
}

/** Parameters by name. `null` removes a parameter that would be sent. */
export type McpParameters = Readonly<Record<string, string | null | undefined>>;

/** Parameters of authorization requests, or a function that returns them for an authorization server. */
export type McpAuthorizationParameters =
  McpParameters | ((details: McpFoundServer) => McpParameters | undefined | Promise<McpParameters | undefined>);

/** The popup's size and position in CSS pixels, and its first page. */
export interface McpPopupOptions {
  /** Default 520. */
  width?: number;
  /** Default 720. */
  height?: number;
  /** Position on the screen. Default: centred over the page's window. */
  left?: number;
  top?: number;
  /**
   * A page of the app's own origin. It is shown until the authorization server is known, instead of `about:blank` with a sentence.
   * For embedded browsers that open only https pages.
   */
  url?: string | URL;
}

/** Options of every app. */
export interface McpCommonOptions {
  /** The https URL of the app's client ID metadata document. Used if the authorization server supports it. */
  clientIdMetadataUrl?: string | URL;
  /** The app's home page, shown on consent pages of servers where it registers itself. */
  clientUri?: string | URL;
  /** The app's logo, terms of service and privacy policy, shown on consent pages of servers where it registers itself (RFC 7591 §2). */
  logoUri?: string | URL;
  tosUri?: string | URL;
  policyUri?: string | URL;
  /** How to reach the people who are responsible for the app, usually email addresses. */
  contacts?: readonly string[];
  /** An ID that is the same for all installations of the app, and the app's version (RFC 7591 §2). */
  softwareId?: string;
  softwareVersion?: string;
  /** A JWT with signed claims about the app (RFC 7591 §2.3). */
  softwareStatement?: string;
  /** The scopes to request, instead of those that the server suggests. */
  scopes?: readonly string[];
  /**
   * Issuers that check PKCE although their metadata does not say so, such as Microsoft Entra ID. Otherwise they are rejected
   * (`pkce_unsupported`), as the specification requires.
   */
  trustPkce?: readonly string[];
  /** Issuers that refuse requests with a `resource` parameter, such as Microsoft Entra ID. They get no such parameter. */
  omitResource?: readonly string[];
  /**
   * Authorization servers whose metadata names a different issuer than the MCP server lists. Maps each listed issuer to the one in
   * the document; both are compared character by character. The `issuer_mismatch` error prints the line to add. Use it only if you know
   * that both are the same server (RFC 8414 §3.3).
   */
  acceptIssuers?: Readonly<Record<string, string>>;
  /**
   * Rejects metadata whose issuer differs from the listed one only by an empty path instead of `/`, or the other way round.
   * Default `false`: both are the same URL (RFC 3986 §6.2.3), and live servers mix them.
   */
  strictIssuer?: boolean;
  /**
   * Parameters to add to authorization requests, such as `login_hint` or `audience`. `null` removes a parameter:
   * `{ prompt: null }` sends no `prompt=consent` with `offline_access`. Parameters that the protocol sets
   * (`client_id`, `redirect_uri`, `scope`, `state`, `resource`, …) are rejected with `invalid_option`. A function is called for each
   * sign-in and step-up, once the authorization server is known. If it throws, the call rejects with the same value.
   */
  authorizationParameters?: McpAuthorizationParameters;
  /**
   * The token that allows the app to register (RFC 7591 §3), per issuer; or one token together with the option `issuer`. It is sent only
   * to that issuer.
   */
  initialAccessToken?: string | Readonly<Record<string, string>>;
  /**
   * Rejects an authorization response without `iss` (RFC 9207), even if the server does not announce it. Default `false`. Without
   * `iss`, a hostile authorization server can send a user on to an honest one and receive the code.
   */
  requireIss?: boolean;
  /**
   * Rejects metadata that names a parent of the server's URL as its resource (`resource_mismatch`, RFC 9728 §3.3). Default `false`. A
   * token for a parent is valid at all servers below it, so set this for hosts with several tenants.
   */
  exactResource?: boolean;
  /**
   * Decides whether the user may sign in to this server at this authorization server. Called before the sign-in page opens. If it returns
   * a falsy value, the sign-in ends with `access_denied`.
   */
  confirmIssuer?(details: { server: string; issuer: string }): boolean | Promise<boolean>;
  /**
   * Whether tokens are bound to a key that can't leave the browser (DPoP, RFC 9449).
   *
   * - `"auto"`, the default: if the authorization server offers it. Not if the MCP server asks only for Bearer tokens, or if `storage` is
   *   the app's own and keys can't be stored (without IndexedDB, as in Node.js).
   * - `"require"`: other tokens are rejected (`dpop_unsupported`).
   * - `"off"`: never.
   */
  dpop?: "auto" | "require" | "off";
  /**
   * Asks the user to step up when the server refuses a request with `insufficient_scope` or `insufficient_user_authentication`. For
   * example, it shows a button and calls {@link McpSession.stepUp} in its click handler. The request waits and is then sent again. If this
   * function rejects, or the session has no new tokens afterwards, the request rejects as it does without this option. All requests that
   * are refused in the meantime wait for the same call. Requests that can't be sent again, because their body is a stream, do not wait.
   */
  onStepUp?(
    details: McpEventSource & { scopes: string[]; acrValues?: string[]; maxAge?: number },
  ): void | Promise<void>;
  /**
   * Whether to request metadata from its likely locations before the server has named them, and from all locations of an authorization
   * server at once. A sign-in then takes fewer steps, and a few requests find nothing. Default `true`.
   */
  prefetch?: boolean;
  /** Selects one of several authorization servers: receives their issuers and returns one of them. Default: the first. */
  chooseAuthorizationServer?(issuers: string[], server: string): string | Promise<string>;
  /**
   * Shows the sign-in page instead of the popup, and returns the URL that the user came back to: `redirectUri` with the response in its
   * query. For environments without windows, and for apps with their own windows. `signal` aborts when the sign-in has ended, successful
   * or not. If the function throws, `signIn` rejects with the same value.
   */
  authorize?(
    url: string,
    details: { signal: AbortSignal; server: string; issuer: string; state: string },
  ): string | URL | Promise<string | URL>;
  /**
   * Where the sign-in page opens.
   *
   * - `"popup"`, the default.
   * - `"redirect"`: instead of the app's page, for environments without popups, such as web views in mobile apps. `signIn` then leaves
   *   the page. Afterwards the page loads again, and `restore` completes the sign-in. This needs a storage that outlasts the page.
   * - `"link"`: nothing is opened. The event `authorizing` carries the URL, for a link that the user opens in another tab. That tab can't
   *   be watched, so offer to cancel (`signal`).
   * - `"popup-or-redirect"`, `"popup-or-link"`: a popup, or the other if the browser blocks it.
   */
  display?: "popup" | "redirect" | "link" | "popup-or-redirect" | "popup-or-link";
  /** The popup's size, position and first page. */
  popup?: McpPopupOptions;
  /**
   * Gives the sign-in page in the popup no `window.opener`, with which it could navigate the app's window elsewhere. Default `false`,
   * because the app then can't close the popup while it shows that page: after an abort, the time limit or a sign-out, the user must
   * close it. Also, a response with a wrong `state` is ignored rather than rejected with `state_mismatch`. In a frame of another site, the
   * page keeps its opener, because the response can come back only through it.
   */
  noOpener?: boolean;
  /** Where sessions are stored. Default `"indexeddb"`: encrypted, and shared by all tabs of the origin. */
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
   * Sends selected requests to another URL, for servers without CORS. Receives each request's URL and step. Returns a URL of the app's own
   * backend, which must forward the request to `url` unchanged, including headers, or `undefined` to send the request directly. The
   * `exchange` event reports the proxy in `via`.
   *
   * The backend sees codes, tokens and all calls. It must be as trustworthy as the page, store none of this, and forward only to
   * servers that it knows.
   */
  proxy?(url: string, step: McpAuthorizeStep): string | URL | undefined;
  /** Used instead of the global `fetch`. */
  fetch?(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** Options of calls that wait. */
export interface WaitOptions {
  /** Ends the call. It rejects with `aborted`, and none of its work continues. */
  signal?: AbortSignal;
}

/** Which of the user's accounts at a server. */
export interface AccountOptions {
  /**
   * The app's own name for the account, such as `"work"`. It is not sent to any server. Each account has its own session, stored record,
   * events, locks and keys. Default: the account without a name.
   */
  account?: string;
}

/** The session that an event is about. */
export interface McpEventSource {
  /** The MCP server's URL. */
  server: string;
  /** The account's name. Absent for the account without a name. */
  account?: string;
}

/** Options of {@link McpAuthorizer.restore}. */
export interface RestoreOptions extends WaitOptions, AccountOptions {}

/** Options of {@link McpAuthorizer.signIn}. */
export interface SignInOptions extends WaitOptions, AccountOptions {
  /** The scopes to request, instead of those that the server suggests. */
  scopes?: readonly string[];
  /**
   * Parameters for this sign-in's authorization request, in addition to the authorizer's own. With
   * `{ prompt: "select_account" }` many servers ask the user which account to use. `null` removes a parameter. A parameter that
   * the protocol sets is rejected with `invalid_option`.
   */
  authorizationParameters?: McpAuthorizationParameters;
}

/** Options of {@link McpSession.stepUp}. */
export interface StepUpOptions extends WaitOptions {
  /** Scopes to request in addition to those of the session. Without any of these options: what the server last demanded. */
  scopes?: readonly string[];
  /** The authentication contexts of which the user's sign-in must meet one, the preferred one first (RFC 9470 §4). */
  acrValues?: readonly string[];
  /** How long ago the user may have signed in, in seconds (RFC 9470 §4). */
  maxAge?: number;
}

/** What the user should know about a URL before they open it. */
export type McpUrlWarning =
  /** The host contains letters of other alphabets, which can look like those of another name. It is shown in punycode. */
  | "punycode"
  /** The host is an IP address, which does not show who owns it. */
  | "ip_address"
  /** The page is on another host than the server that asks. */
  | "other_host";

/** How {@link McpAuthorizer.openUrl} ended. */
export type McpUrlOutcome =
  /** The promise `completed` was fulfilled: the server says that it is done. */
  | "completed"
  /** The user closed the window, or said that they are done. Only the server knows whether that is true. */
  | "closed"
  /** The user said no. Nothing was opened. */
  | "declined"
  /** The user dismissed the dialog, or gave up after the page had opened. */
  | "cancelled";

/** A server's request to open a URL, for the app's own dialog. Its strings come from the server: never put them into a page as HTML. */
export interface McpUrlRequest {
  /** The MCP server that asks, without its query. Show it. */
  readonly server: string;
  /** The server's reason: one paragraph of at most 500 characters, without invisible characters. Never turn its contents into links. */
  readonly message: string;
  /** The whole URL, in ASCII. Show it as text, not as a link, because browsers may prefetch links. */
  readonly url: string;
  /** The same in three parts, so that `host` can be highlighted. */
  readonly parts: { readonly scheme: string; readonly host: string; readonly rest: string };
  /** What to warn the user of. */
  readonly warnings: readonly McpUrlWarning[];
  /** Fires when the dialog must close, for any reason. */
  readonly signal: AbortSignal;
  /** Opens the URL. Call it in the click with which the user agrees, before any `await`. Only the first call counts. */
  open(): void;
  /** The user says that they are done. It has an effect only after the URL was opened. */
  done(): void;
  /** The user says no. */
  decline(): void;
  /** The user dismisses the dialog. After the URL was opened, this gives up, and closes the window if the browser allows it. */
  cancel(): void;
}

/** The texts of the dialog. Default: English. */
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

/** How the user is asked: with the library's dialog, or with the app's own. */
export type McpUrlDialogOptions =
  | {
      /** Other texts for the dialog. */
      labels?: Partial<McpUrlLabels>;
      show?: undefined;
    }
  | {
      /**
       * Shows the app's own dialog. It must show `server`, `message`, the `warnings`, and `url` with its host highlighted. It must
       * call `open` when the user agrees, and to offer `decline` and `cancel` (MCP client/elicitation).
       */
      show(request: McpUrlRequest): void;
      labels?: undefined;
    };

/** Options of {@link McpAuthorizer.openUrl}. */
export type OpenUrlOptions = WaitOptions &
  McpUrlDialogOptions & {
    /** The URL of the MCP server that asks. */
    server: string | URL;
    /** Its reason, as sent. */
    message: string;
    /** Fulfilled when the server says that the user is done. If it rejects, the request is cancelled. */
    completed?: Promise<unknown>;
    /** Called when the user has agreed and the page is open. */
    onOpen?(): void;
  };

/** How a check of {@link McpAuthorizer.diagnose} ended. */
export type McpFindingStatus =
  /** No problem. */
  | "pass"
  /** A sign-in works, but something should be improved. */
  | "warning"
  /** A sign-in, or the calls after it, will fail. */
  | "failure"
  /** It could not be checked, or does not apply here. */
  | "skipped";

/** The result of one check of {@link McpAuthorizer.diagnose}. Strings may come from a server: never put them into a page as HTML. */
export interface McpFinding {
  /** The step and what is checked, such as `token.cors`. It does not change across versions. */
  id: string;
  /** The step of a sign-in that the check belongs to. */
  step: McpAuthorizeStep;
  status: McpFindingStatus;
  /** The requirement. */
  title: string;
  /** What was found. Empty if there is nothing to add. */
  detail: string;
  /** The request that showed it. `status` is absent if no response came that a page may read. `url` has no query. */
  request?: { method: string; url: string; status?: number };
  /** The section of the specification that requires it. */
  spec: string;
  /** What to add, literally: a header, or a member of a JSON document. */
  remedy?: string;
}

/** What will fail for a web page at a server. */
export interface McpDiagnosis {
  readonly server: string;
  /** The origin of the pages that the diagnosis is for. */
  readonly origin: string;
  /** In the order of a sign-in. */
  readonly findings: readonly McpFinding[];
  /** The findings with the status `failure`. */
  readonly failures: readonly McpFinding[];
  /** The findings by step, each step with a readable title. */
  groups(): [title: string, findings: McpFinding[]][];
  /** The report as Markdown, for an issue report to the server's developers. */
  toMarkdown(): string;
}

/** Options of {@link McpAuthorizer.diagnose}. */
export interface DiagnoseOptions extends WaitOptions {
  /** Actually registers a client. Without it, the diagnosis leaves nothing at the server, and can't tell whether registration works. */
  register?: boolean;
  /** In Node.js: the origin of the pages for which CORS is checked. Default: that of `redirectUri`. In a page it is the page's origin. */
  origin?: string;
}

/** One HTTP request and its response, without secrets. Includes the app's own through `session.fetch` (`step` is `request`). */
export interface McpExchange {
  step: McpAuthorizeStep;
  method: string;
  /** Without query and fragment. */
  url: string;
  /** Absent if no response came. */
  status?: number;
  /** In milliseconds. */
  duration: number;
  /** The URL that it was sent to instead of `url` (option `proxy`), without query and fragment. */
  via?: string;
}

/** The events of {@link McpAuthorizer}, with the type of `detail`. */
export interface McpAuthorizerEventMap {
  /** A user has signed in, here or in another tab. */
  "signed-in": McpEventSource;
  /** A session has new tokens. */
  refreshed: McpEventSource;
  /** A session has tokens for more scopes, here or in another tab. `scopes` are the granted ones. */
  "step-up": McpEventSource & { scopes: string[] };
  /**
   * The storage has a problem, and the library continues. `unreadable`: a record could not be read and was deleted; if it was a session,
   * the user must sign in again. `unavailable`: there is no persistent storage, as in some private windows; sessions are now kept in
   * memory.
   */
  storage: { reason: "unreadable" | "unavailable" };
  /** A session has ended: through `signOut`, or because it can no longer be refreshed. */
  "signed-out": McpEventSource & { reason: "sign-out" | "expired" };
  /** A request has ended. */
  exchange: McpExchange;
  /**
   * The user must enter `userCode` at `verificationUri` on another device within `expiresIn` seconds (RFC 8628 §3.3).
   * `verificationUriComplete`, if the server has one, contains the code and suits a QR code. `signIn` waits until the user is done.
   * `userCode` is text from a server: never put it into a page as HTML.
   */
  "device-code": McpEventSource & {
    userCode: string;
    verificationUri: string;
    verificationUriComplete?: string;
    expiresIn: number;
  };
  /**
   * The popup shows the authorization server's page. `resource` is what the tokens will be for: the server's URL or a parent of it. `url`
   * is set if nothing was opened (`display`): show it as a link, `<a target="_blank" rel="noopener">`.
   */
  authorizing: McpEventSource & { issuer: string; resource: string; url?: string };
  /**
   * The popup can no longer be watched: its page has cut it off (`Cross-Origin-Opener-Policy`), or the user has closed it. The sign-in
   * continues, but closing the popup no longer cancels it. Offer to cancel (`signal`), or to open another popup (call `signIn` again).
   * Fires at most once per sign-in.
   */
  waiting: McpEventSource;
}

/** An event of {@link McpAuthorizer}. */
export class McpAuthorizerEvent<K extends keyof McpAuthorizerEventMap> extends Event {
  readonly type: K;
  readonly detail: McpAuthorizerEventMap[K];
}

/** A listener for an event of {@link McpAuthorizer}. */
export type McpAuthorizerListener<K extends keyof McpAuthorizerEventMap> =
  ((event: McpAuthorizerEvent<K>) => void) | { handleEvent(event: McpAuthorizerEvent<K>): void };

/**
 * Loads the WebAssembly module before {@link McpAuthorizer.create} needs it. In a window, importing `mcp-authorize` starts that
 * automatically. Call this in a worker, or if the import itself is lazy: `(await import("mcp-authorize")).preload()`.
 *
 * @throws McpAuthorizeError `unsupported`.
 */
export function preload(): Promise<void>;

/** Signs users in. An app needs only one. */
export class McpAuthorizer extends EventTarget {
  private constructor();

  /**
   * Loads the WebAssembly module (once) and checks the options.
   *
   * @throws McpAuthorizeError `invalid_option`, `invalid_url`, `insecure_url`, `unsupported`.
   */
  static create(options: McpAuthorizerOptions): Promise<McpAuthorizer>;

  /**
   * Signs the user in to an MCP server. It opens a popup at once, so call it in a click handler, before any `await`; otherwise browsers
   * block the popup. With a `grant` it opens none, and can be called at any time.
   *
   * With a redirect (`display`) it needs no click. It leaves the page, so the promise never resolves; {@link restore} returns the session
   * once the user is back. The promise rejects if the page can't be left, or with `redirect_abandoned` if the user returns with the back
   * button and the browser has kept the page in its cache.
   *
   * @param server The MCP server's URL, for example `https://mcp.example.com/mcp`.
   * @throws McpAuthorizeError any code.
   */
  signIn(server: string | URL, options?: SignInOptions): Promise<McpSession>;

  /**
   * Restores a session without the user. It sends no request if the token is still valid.
   *
   * After a redirect, it completes the sign-in. If the sign-in failed, it rejects once, as `signIn` would have, for example with
   * `access_denied` or `timeout`. An earlier session is not affected.
   *
   * @returns The session, or `null` if there is none.
   * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `storage_failed`, `aborted`; after a redirect any code.
   */
  restore(server: string | URL, options?: RestoreOptions): Promise<McpSession | null>;

  /**
   * All stored sessions, in the order of their accounts' first sign-ins. Sends no request. The events `signed-in` and
   * `signed-out` fire when the list changes in any tab.
   *
   * @throws McpAuthorizeError `storage_failed`.
   */
  sessions(): Promise<McpSession[]>;

  /**
   * Deletes what is stored for an account, in all tabs: its session and, unless another session uses the same issuer, the app's
   * registration there and the binding of `clientId`. It sends no request, so the tokens stay valid. To revoke them, use
   * {@link McpSession.signOut}.
   *
   * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `storage_failed`.
   */
  forget(server: string | URL, options?: AccountOptions): Promise<void>;

  /**
   * Makes a session from tokens that came from elsewhere: from `mcp-authorize/steps`, or from {@link McpSession.export} of another app.
   * The session is stored as after a sign-in, and replaces the app's session with that server. From then on, only this session may refresh
   * the tokens, because a refresh token may work only once.
   *
   * @throws McpAuthorizeError `invalid_option` for a value that can't be read as tokens, `client_mismatch` for tokens of a different
   *   issuer than the option `issuer`, `unsupported` for tokens that are bound to a key, `storage_failed`.
   */
  adopt(tokens: Tokens, options?: AccountOptions): Promise<McpSession>;

  /**
   * Deletes the app's registration at an issuer, and the binding of `clientId` to it. The next sign-in there registers the app again, and
   * `clientId` may be used with another issuer. Sessions stay.
   *
   * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `storage_failed`.
   */
  forgetClient(issuer: string | URL): Promise<void>;

  /**
   * Signs the user out of the app's connection to the identity provider ({@link McpEnterpriseGrant}): deletes the tokens from the
   * provider, and revokes the refresh token if the provider supports that. Sessions remain until their tokens expire, so sign out of
   * each session, too.
   *
   * @returns Whether the provider confirmed the revocation; `false` without an identity provider.
   * @throws McpAuthorizeError `storage_failed`.
   */
  signOutOfIdentityProvider(): Promise<boolean>;

  /**
   * Tries each step of a sign-in without signing in, and reports all problems at once. It sends made-up values, which servers should
   * refuse. In a page, the browser applies the CORS rules. In Node.js, this function checks the headers for `origin`.
   *
   * Loads a separate WebAssembly module (once).
   *
   * @throws McpAuthorizeError `aborted`, `unsupported`; in Node.js `invalid_option` for `origin`.
   */
  diagnose(server: string | URL, options?: DiagnoseOptions): Promise<McpDiagnosis>;

  /**
   * Asks the user whether to open a URL that an MCP server has sent (URL mode elicitation), and opens it in its own window if they agree.
   * Resolves when the server says that it is done (`completed`), or when the user closes the window, says that they are done, or declines.
   * For the official SDK's client, `mcp-authorize/elicitation` does all of this.
   *
   * It can be called at any time, because the window opens in the user's click in the dialog. The dialog shows the server, its message and
   * the whole URL with its host highlighted, in punycode if it contains other alphabets. Several requests are shown one after the other.
   *
   * Only https is opened (http on loopback for servers there), without user names and passwords. A page of the app's own origin is opened
   * only if the server has that origin, too. Nothing is fetched before. The page has no `window.opener`, so the app can't close it; the
   * user does. If the page sends `Cross-Origin-Opener-Policy`, the app can't see that it was closed. Then `completed`, the dialog or
   * `signal` ends the call.
   *
   * Loads a separate WebAssembly module (once).
   *
   * @param url The URL as the server sent it.
   * @throws McpAuthorizeError `insecure_url` and `invalid_response` for a URL that is not opened, `popup_blocked`, `popup_open`,
   *   `aborted`, `invalid_option`, `invalid_url` and `insecure_url` for `server`, `unsupported` without a window.
   */
  openUrl(url: string, options: OpenUrlOptions): Promise<McpUrlOutcome>;

  /**
   * The MCP extensions that this authorizer's sign-ins use, for the capabilities of an MCP client:
   * `new Client(info, { capabilities: authorizer.capabilities })`. With the grant `client_credentials` that is
   * `io.modelcontextprotocol/oauth-client-credentials`, with `id_jag` `io.modelcontextprotocol/enterprise-managed-authorization`;
   * for all other grants it is empty.
   */
  readonly capabilities: { readonly extensions?: Readonly<Record<string, Record<string, never>>> };

  /**
   * Ends every pending call with `aborted`, and closes its popup. Later calls reject with `aborted`, too, including those of its sessions.
   * No more events fire. Stored data stays. A diagnosis continues until its own signal ends it. A refresh whose request was sent is
   * completed and stored.
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
  /** It is not necessarily verified. */
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
  /** The client ID in use. */
  readonly clientId: string;
  /** The granted scopes, as far as the server named them. */
  readonly scopes: readonly string[];
  /** When the access token expires. `null` if the server did not say. */
  readonly expiresAt: Date | null;
  /** Whether the session can get new tokens without the user. */
  readonly canRefresh: boolean;
  /**
   * Who the user is, if they signed in with the scope `openid` and the authorization server says so: in an ID token, which is checked
   * (OpenID Connect Core §3.1.3.7), and, if that has no name, at the userinfo endpoint. Use it for display, not for decisions. The strings
   * come from a server: never put them into a page as HTML.
   */
  readonly user?: McpUser;

  /**
   * `fetch` with the session's access token, only for this session's resource. It refreshes the token before it expires, and once more
   * if the server answers 401. It needs no `this`: pass it on as `new StreamableHTTPClientTransport(url, { fetch: session.fetch })`.
   *
   * @throws McpAuthorizeError `wrong_resource`, `session_expired`, `insufficient_scope`, `signed_out`, `network`, `aborted`, …
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

  /**
   * For transports of version 2 of the MCP SDK that can't use `fetch`:
   * `new StreamableHTTPClientTransport(url, { authProvider: session.authProvider })`, with the session's own URL. It does less than
   * `fetch`: the SDK adds the token, tries once more after a 401 and a refresh, and does not support step-up. Rejects as `fetch` does, and
   * with `unsupported` if the token is bound to a key (`dpop`).
   */
  readonly authProvider: {
    token(): Promise<string>;
    onUnauthorized(context?: unknown): Promise<void>;
  };

  /** Returns a valid access token, and refreshes it first if needed. For code that can't use `fetch`. */
  accessToken(options?: WaitOptions): Promise<string>;

  /** Gets new tokens now. @throws McpAuthorizeError `session_expired`, `network`, … */
  refresh(options?: WaitOptions): Promise<void>;

  /**
   * Asks the user to grant more scopes, after `insufficient_scope`. It requests those of the session and `scopes` together. The session
   * then uses the new tokens, also in other tabs. It opens a popup at once, as `signIn` does, so call it in a click handler, before any
   * `await`. While its popup is open, further calls wait for the same step-up.
   *
   * If the server still demands a scope after two step-ups, this function rejects with `insufficient_scope` and opens no popup
   * (MCP 2026-07-28 authorization, step-up).
   *
   * @throws McpAuthorizeError any code.
   */
  stepUp(options?: StepUpOptions): Promise<void>;

  /**
   * Returns the tokens with everything needed to refresh and revoke them (`mcp-authorize/steps`), if the authorizer was created with
   * `exportable: true`. Whoever has them can act as the user. The session continues to use the same tokens, so let only one side refresh
   * them.
   *
   * @throws McpAuthorizeError `unsupported` without `exportable`, and for tokens that are bound to a key; `signed_out`.
   */
  export(options?: WaitOptions): Promise<Tokens>;

  /**
   * Deletes the tokens, and revokes them if the server supports it (RFC 7009).
   *
   * @returns Whether the server confirmed the revocation of the refresh token or, if there is none, of the access token. The tokens are
   *   deleted in any case.
   */
  signOut(options?: WaitOptions): Promise<boolean>;
}
