/**
 * The single steps of a sign-in, with the same checks as `McpAuthorizer.signIn`: for backends, desktop apps, apps that store their tokens
 * themselves, inspectors and tests.
 *
 * Nothing is stored. The values that steps pass on are plain JSON, which is checked again when it comes back. Members that come from the
 * servers' documents, or are derived from them, have the names that the RFCs give them. No step accepts a bare code, so `state` and `iss`
 * are always checked.
 *
 * The steps have a separate WebAssembly module, which is loaded at the first step. Every rejection is an {@link McpAuthorizeError}.
 *
 * @packageDocumentation
 */
import type { McpClientKey, McpFinding, McpUser } from "./index.js";

export { McpAuthorizeError } from "./index.js";

/** Options of every step that sends requests. */
export interface StepOptions {
  /** Used instead of the global `fetch`. Browsers apply the CORS rules; Node.js does not. */
  fetch?(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Ends the step. It rejects with `aborted`, and none of its work continues. */
  signal?: AbortSignal;
  /** Limit for one request, in milliseconds. Default 30,000. */
  requestTimeout?: number;
}

/**
 * Options for particular servers, the same as in `McpAuthorizerOptions`. Pass them to each step that takes `discovered`, because it checks
 * the documents again.
 */
export interface ServerPolicy {
  /** Maps listed issuers to the issuer in their metadata. Use it only if you know that both are the same server. */
  acceptIssuers?: Readonly<Record<string, string>>;
  /** Rejects an issuer that differs only by an empty path instead of `/`. Default `false`. */
  strictIssuer?: boolean;
  /** Rejects metadata that names a parent of the server's URL as the resource (RFC 9728 §3.3). Default `false`. */
  exactResource?: boolean;
  /** Issuers that check PKCE although their metadata does not say so. */
  trustPkce?: readonly string[];
  /** Issuers that refuse requests with a `resource` parameter. Later steps of the same sign-in omit it automatically. */
  omitResource?: readonly string[];
}

/** A JSON document as a server sent it. */
export type ServerDocument = Readonly<Record<string, unknown>>;

/** An authorization server and its metadata. */
export interface DiscoveredAuthorizationServer {
  /** The issuer, as the MCP server lists it. */
  readonly issuer: string;
  /** Where the document was found. For a server of MCP 2025-03-26 without a document, `url` and `document` are absent. */
  readonly url?: string;
  /** Its metadata (RFC 8414 §2). */
  readonly document?: ServerDocument;
}

/** The result of discovery, as JSON. Store it for as long as you rely on what its servers said. */
export interface Discovered {
  /** The MCP server's URL. */
  readonly server: string;
  /** The `WWW-Authenticate` header of its 401. Empty if it could not be read. */
  readonly challenge: string;
  /** The resource to request tokens for (RFC 8707): the server's URL or a parent path of it. Later steps do not read it. */
  readonly resource: string;
  /** The suggested scopes: the challenge's, else all that the metadata lists. Later steps do not read them. */
  readonly scopes: readonly string[];
  /** The server's protected resource metadata (RFC 9728 §2), and where it was found. Absent for a server of MCP 2025-03-26. */
  readonly resourceMetadata?: { readonly url?: string; readonly document: ServerDocument };
  /** The issuers that the MCP server lists. Later steps do not read them. */
  readonly authorizationServers: readonly string[];
  /** The selected authorization server. */
  readonly authorizationServer: DiscoveredAuthorizationServer;
}

/** Options of {@link discover}. */
export interface DiscoverOptions extends StepOptions, ServerPolicy {
  /** Which of several authorization servers to use. Default: the first. */
  issuer?: string;
  /** Whether to request metadata from several locations at once. Default `true`. */
  prefetch?: boolean;
}

/**
 * Finds an MCP server's authorization server and its metadata (RFC 9728, RFC 8414). It requests the server's challenge, then both
 * documents from the locations that the specification defines, and checks them.
 *
 * @throws McpAuthorizeError `authorization_not_required`, `metadata_not_found`, `resource_mismatch`, `issuer_mismatch`,
 *   `insecure_url`, `invalid_response`, `invalid_option` for an `issuer` that is not listed, `network`, …
 */
export function discover(server: string | URL, options?: DiscoverOptions): Promise<Discovered>;

/** Information about the app, sent when it registers. */
export interface ClientRegistration {
  /** The app's name, shown to users on the consent page. */
  clientName: string;
  /** The app's home page. */
  clientUri?: string | URL;
  /** Where authorization responses go. Without it, the app registers for the device flow (RFC 8628). */
  redirectUri?: string | URL;
  /** All scopes that the app may request, including step-up. Some servers allow no others later. */
  scopes?: readonly string[];
  /** Whether the app accepts only tokens that are bound to a key (RFC 9449 §5.2). */
  dpopBound?: boolean;
}

/** Options of {@link register}. */
export interface RegisterOptions extends StepOptions, ServerPolicy {
  /** The token that allows the app to register (RFC 7591 §3). */
  initialAccessToken?: string;
  /** The app's own key, for servers that may assign `private_key_jwt`. */
  clientKey?: McpClientKey;
}

/**
 * The app's identity: the result of {@link register}, the client ID of a registration made by hand, or the URL of the app's client ID
 * metadata document as `client_id` (for servers with `client_id_metadata_document_supported`). Member names are those of
 * RFC 7591 §3.2.1.
 */
export interface ClientIdentity {
  /** Where the client is registered. Any other authorization server is rejected (`client_mismatch`). Required with a secret. */
  issuer?: string;
  client_id: string;
  /** Sent only to `issuer`. */
  client_secret?: string;
  /** When the secret expires, in seconds since 1970; 0 if it does not expire. */
  client_secret_expires_at?: number;
  /** `none`, `client_secret_basic`, `client_secret_post` or `private_key_jwt`. Default: derived from the other members. */
  token_endpoint_auth_method?: string;
}

/**
 * Registers the app (RFC 7591). The result is valid only for this authorization server, so store it per `issuer`.
 *
 * @param authorizationServer `discovered.authorizationServer`.
 * @throws McpAuthorizeError `registration_unsupported`, `registration_failed`, …
 */
export function register(
  authorizationServer: DiscoveredAuthorizationServer,
  client: ClientRegistration,
  options?: RegisterOptions,
): Promise<ClientIdentity & { issuer: string; token_endpoint_auth_method: string }>;

/** The contents of a {@link clientMetadataDocument}. */
export interface HostedClient {
  /** The document's URL: https, with a path. It is the app's client ID. */
  url: string | URL;
  clientName: string;
  clientUri?: string | URL;
  /** All URLs that responses may go to, including those for development. */
  redirectUris: readonly string[];
  /** Where the app's public key is, if the app authenticates with a key. */
  jwksUri?: string | URL;
  dpopBound?: boolean;
}

/**
 * Creates the client ID metadata document to host at `url`, as JSON
 * (draft-ietf-oauth-client-id-metadata-document §4.1).
 *
 * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `invalid_option`.
 */
export function clientMetadataDocument(client: HostedClient): Promise<Record<string, unknown>>;

/**
 * Fetches a client ID metadata document as an authorization server does, and checks it. Findings with the status `failure` say what is
 * wrong. In a page of another origin, the browser may not allow reading the document; authorization servers need no CORS.
 *
 * @throws McpAuthorizeError `aborted`, `invalid_option`.
 */
export function checkClientMetadataDocument(
  url: string | URL,
  options?: StepOptions & { /** The redirect URI that the document must list. */ redirectUri?: string | URL },
): Promise<McpFinding[]>;

/** A verifier and its challenge (RFC 7636), for requests that the app builds itself. {@link beginAuthorization} creates its own. */
export function createPkce(): Promise<{ verifier: string; challenge: string; method: "S256" }>;

/** A P-256 key pair for proofs of possession. {@link createDpopKey} creates one. Structured clone preserves it. */
export interface DpopKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** How tokens are bound to a key, and how the app authenticates. */
export interface KeyOptions {
  /** The key to bind tokens to. Without it, tokens are Bearer tokens. */
  dpopKey?: DpopKey;
  /** With `dpopKey`: `"auto"`, the default, uses DPoP if both servers support it; `"require"` rejects otherwise with `dpop_unsupported`. */
  dpop?: "auto" | "require" | "off";
  /** The app's own key, for `private_key_jwt`. */
  clientKey?: McpClientKey;
}

/** Options of all requests for tokens. */
export interface TokenRequest extends StepOptions, ServerPolicy, KeyOptions {
  /** The result of {@link discover}. */
  discovered: Discovered;
  /** The app's identity. */
  client: ClientIdentity;
  /** The scopes to request, instead of `discovered.scopes`. */
  scopes?: readonly string[];
}

/** An authorization request. */
export interface AuthorizationRequest extends TokenRequest {
  /** Where the response goes: the page or route that calls {@link finishAuthorization}. https, http on loopback, or a URI that opens an app. */
  redirectUri: string | URL;
  /** Parameters to add, such as `login_hint`. `null` removes one. Parameters that the protocol sets are rejected with `invalid_option`. */
  authorizationParameters?: Readonly<Record<string, string | null>>;
  /** Rejects a response without `iss`, even if the server does not announce it (RFC 9207 §2.4). */
  requireIss?: boolean;
  /** How long the user may take, in milliseconds. Default 600,000. */
  signInTimeout?: number;
}

/**
 * A sign-in between its request and the response, as JSON. Another process may finish it. It contains what the response is checked
 * against, and **secrets**: the code verifier, and the client's secret if there is one. Store it where neither the user nor anybody else
 * can read or change it, under its `state` or in the user's own session. Delete it before you use the response, because it is valid once.
 */
export interface PendingAuthorization {
  readonly state: string;
  readonly server: string;
  readonly issuer: string;
  readonly redirect_uri: string;
  /** Until when the response is accepted, in milliseconds since 1970. */
  readonly ends_at: number;
  readonly [member: string]: unknown;
}

/**
 * Creates an authorization request with a fresh `state` and verifier, `resource`, PKCE and, with a `dpopKey`, its thumbprint. The request
 * is pushed if the server supports that (RFC 9126).
 *
 * @returns The URL that the user's browser must open, and what to store until they come back.
 * @throws McpAuthorizeError `pkce_unsupported`, `client_mismatch`, `resource_mismatch`, `dpop_unsupported`,
 *   `invalid_option`; for `discovered`, the same errors as {@link discover} for the same documents.
 */
export function beginAuthorization(
  request: AuthorizationRequest,
): Promise<{ url: string; pending: PendingAuthorization }>;

/**
 * Options of steps that continue what another step began. `omitResource` is needed only for tokens that a session exported; tokens from
 * a step already contain it.
 */
export type FinishOptions = StepOptions &
  Pick<KeyOptions, "dpopKey" | "clientKey"> &
  Pick<ServerPolicy, "omitResource">;

/**
 * Checks the URL that the user came back to, and exchanges its code for tokens. The URL's location, `state`, `iss` (RFC 9207) and errors
 * are checked before anything is sent.
 *
 * @param callbackUrl The whole URL with its query. Behind a proxy, build it from the redirect URI: `new URL(request.url, redirectUri)`.
 * @throws McpAuthorizeError `state_mismatch`, `issuer_mismatch`, `timeout`, `access_denied`, `authorization_failed`,
 *   `token_failed`, …
 */
export function finishAuthorization(
  pending: PendingAuthorization,
  callbackUrl: string | URL,
  options?: FinishOptions,
): Promise<Tokens>;

/**
 * Tokens with everything needed to refresh and revoke them, as JSON. Member names are those of RFC 6749 §5.1, RFC 7591 and RFC 8414. Times
 * are in milliseconds since 1970, except `client_secret_expires_at`, which is in seconds as in its RFC.
 *
 * Protect this value from changes, because it says where the refresh token is sent. An endpoint that is insecure or points into a private
 * network is rejected (`invalid_option`). A different endpoint on the internet can't be detected.
 */
export interface Tokens {
  /** The version of this format: 1. */
  readonly v: number;
  readonly access_token: string;
  /** With `DPoP`, the token is bound to a key, and each request needs a proof ({@link dpopProof}). */
  readonly token_type: "Bearer" | "DPoP";
  readonly refresh_token?: string;
  /** The granted scopes. */
  readonly granted: readonly string[];
  /** The requested scopes. */
  readonly requested: readonly string[];
  readonly issued_at: number;
  /** When the access token expires. Absent if the server did not say. */
  readonly expires_at?: number;
  /** When to refresh, so that the token does not expire during a request. */
  readonly refresh_at?: number;
  /** The MCP server. */
  readonly server: string;
  /** What the access token is for. Send it nowhere else (RFC 8707). */
  readonly resource: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly client_secret?: string;
  readonly client_secret_expires_at?: number;
  readonly token_endpoint_auth_method: string;
  readonly token_endpoint: string;
  readonly revocation_endpoint?: string;
  /** The thumbprint of the key that the token is bound to (RFC 9449 §6.1). */
  readonly dpop_jkt?: string;
  /** Who the user is, if the authorization server said so. The strings come from a server; use them for display only. */
  readonly user?: McpUser;
  /** Whether the issuer refuses the parameter `resource`. */
  readonly omits_resource?: boolean;
}

/**
 * Gets new tokens with the refresh token (RFC 6749 §6). The old refresh token may then be invalid, so store the result instead of the old
 * tokens before you use it, and let only one process at a time refresh.
 *
 * @throws McpAuthorizeError `session_expired` if there is no refresh token or the server refuses it for good; `network`, `http_status`
 *   and `timeout`, which may be temporary; `invalid_option` for a different `dpopKey`.
 */
export function refresh(tokens: Tokens, options?: FinishOptions): Promise<Tokens>;

/**
 * Revokes both tokens, if the server supports it (RFC 7009).
 *
 * @returns Whether the server confirmed the revocation of the refresh token or, if there is none, of the access token.
 */
export function revoke(tokens: Tokens, options?: FinishOptions): Promise<boolean>;

/** Gets tokens with the client's own credentials (OAuth 2.1 §4.2, SEP-1046). It does not retry after a refusal. */
export function clientCredentials(request: TokenRequest): Promise<Tokens>;

/** Gets tokens for a JWT (RFC 7523 §2.1): a workload's (SEP-1933), or a user's from {@link exchangeToken} (SEP-990). */
export function jwtBearer(request: TokenRequest & { assertion: string }): Promise<Tokens>;

/** A request to exchange a token. */
export interface TokenExchangeRequest extends StepOptions, ServerPolicy {
  /** What the new token is for: its issuer becomes the `audience`, its resource the `resource`. */
  discovered: Discovered;
  /** The identity provider's token endpoint. */
  tokenEndpoint: string | URL;
  /** The app's client ID there. */
  clientId: string;
  clientSecret?: string;
  /** The token to exchange, such as the user's ID token. */
  subjectToken: string;
  /** Default `urn:ietf:params:oauth:token-type:id_token`. */
  subjectTokenType?: string;
  /** Default `urn:ietf:params:oauth:token-type:id-jag`. A response with a different type is rejected with `invalid_response`. */
  requestedTokenType?: string;
  /** Used instead of the issuer of `discovered`. */
  audience?: string;
  scopes?: readonly string[];
}

/** Exchanges one token for another at an identity provider (RFC 8693): by default for an ID-JAG (SEP-990), which {@link jwtBearer} accepts. */
export function exchangeToken(
  request: TokenExchangeRequest,
): Promise<{ access_token: string; issued_token_type: string }>;

/** A pending sign-in on another device, as JSON. It contains the device code, which is a **secret**. */
export interface PendingDeviceAuthorization {
  readonly server: string;
  readonly issuer: string;
  /** When the code expires, in milliseconds since 1970. */
  readonly ends_at: number;
  readonly [member: string]: unknown;
}

/**
 * Requests a code that the user enters on another device (RFC 8628 §3.1). `user_code` is text from a server: never put it into a page as
 * HTML.
 *
 * @throws McpAuthorizeError `invalid_response` if the server has no such endpoint, …
 */
export function deviceAuthorization(request: TokenRequest): Promise<{
  user_code: string;
  verification_uri: string;
  /** Contains the code, so it suits a QR code. */
  verification_uri_complete?: string;
  /** In seconds. */
  expires_in: number;
  pending: PendingDeviceAuthorization;
}>;

/**
 * Polls until the user is done, as often as the server allows (RFC 8628 §3.5).
 *
 * @throws McpAuthorizeError `access_denied`, `timeout` if the code has expired, `aborted`, …
 */
export function finishDeviceAuthorization(
  pending: PendingDeviceAuthorization,
  options?: FinishOptions,
): Promise<Tokens>;

/** A challenge (RFC 9110 §11.6.1). */
export interface ParsedChallenge {
  /** In lower case. */
  readonly scheme: string;
  readonly token68?: string;
  /** Names are in lower case. If a parameter occurs twice, the first counts. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parses a `WWW-Authenticate` header, or several joined by commas. `resource_metadata` (RFC 9728 §5.1), `scope` and `error`
 * (RFC 6750 §3) come from the challenge that this client answers: the first Bearer or DPoP challenge that names its metadata, else the
 * first Bearer or DPoP challenge.
 */
export function parseChallenge(header: string): Promise<{
  challenges: readonly ParsedChallenge[];
  resource_metadata?: string;
  scope?: string;
  error?: string;
}>;

/**
 * Selects the resource to request tokens for: the metadata's `resource`, if it is the server's URL or a parent path of it (RFC 9728 §3.3,
 * extended by MCP); without metadata, the server's canonical URI.
 *
 * @throws McpAuthorizeError `resource_mismatch`, `invalid_response`.
 */
export function selectResource(server: string | URL, metadata?: ServerDocument): Promise<string>;

/**
 * Returns the scopes to request after a 403: `scopes` and those that the challenge adds (MCP 2026-07-28 authorization, step-up).
 *
 * @param scopes The scopes requested and granted so far: `[...tokens.requested, ...tokens.granted]`.
 * @param header The response's `WWW-Authenticate` header.
 * @returns The scopes, or `null` if the challenge does not say `insufficient_scope`.
 */
export function scopesForStepUp(scopes: readonly string[], header: string): Promise<string[] | null>;

/**
 * Creates a key pair for proofs of possession (RFC 9449). By default the private key can't be extracted, but a page can store it in
 * IndexedDB. A backend that must store it as text needs `extractable`.
 */
export function createDpopKey(options?: {
  extractable?: boolean;
}): Promise<
  DpopKey & { /** The JWK thumbprint (RFC 7638), as in `dpop_jkt` and `cnf.jkt`. */ readonly thumbprint: string }
>;

/**
 * Creates a proof for one request (RFC 9449 §4.2): the value of its `DPoP` header, beside `Authorization: DPoP …`. If a server responds with
 * `DPoP-Nonce`, the next proof must contain that nonce (§9).
 *
 * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `invalid_option`.
 */
export function dpopProof(request: {
  key: DpopKey;
  /** The HTTP method as sent, such as `POST`. */
  method: string;
  /** The URL. The proof omits its query. */
  url: string | URL;
  /** The access token that is sent with the request. */
  accessToken?: string;
  /** The most recent `DPoP-Nonce` of this server. */
  nonce?: string;
}): Promise<string>;
