/**
 * The steps of a sign-in, each by itself, checked by the same rules as `McpAuthorizer.signIn`: for backends, desktop
 * shells, apps that keep their tokens by themselves, inspectors and tests.
 *
 * Nothing is kept: what one step makes and another one takes is plain JSON, which is checked again when it comes back.
 * Members of the servers' documents, and of what is made of them, have the names that the RFCs give them. There is no
 * step that takes a bare code, so that `state` and `iss` can't be left unchecked.
 *
 * The WebAssembly module is one of its own, loaded at the first step. Every rejection is an {@link McpAuthorizeError}.
 *
 * @packageDocumentation
 */
import type { McpClientKey, McpFinding, McpUser } from "./index.js";

export { McpAuthorizeError } from "./index.js";

/** Options of every step that asks a server. */
export interface StepOptions {
  /** Used in place of the global `fetch`. Node.js has no rules of CORS; a browser applies them. */
  fetch?(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Ends the step: it rejects with `aborted`, and nothing of it goes on. */
  signal?: AbortSignal;
  /** Limit for one request, in milliseconds. Default 30,000. */
  requestTimeout?: number;
}

/**
 * What the app knows of its servers: the same as in `McpAuthorizerOptions`. Give it to each step that takes `discovered`,
 * since the documents are checked again there.
 */
export interface ServerPolicy {
  /** Listed issuers, each with the one that its metadata names, where you know that both are the same server. */
  acceptIssuers?: Readonly<Record<string, string>>;
  /** Refuses an issuer that differs by an empty path in place of `/`. Default `false`. */
  strictIssuer?: boolean;
  /** Refuses metadata that names a parent of the server's URL as the resource (RFC 9728 §3.3). Default `false`. */
  exactResource?: boolean;
  /** Issuers that check PKCE although their metadata does not say so. */
  trustPkce?: readonly string[];
  /** Issuers that refuse requests with a `resource` parameter. What follows from the request leaves it out by itself. */
  omitResource?: readonly string[];
}

/** A JSON document as a server sent it. */
export type ServerDocument = Readonly<Record<string, unknown>>;

/** An authorization server, and what it says of itself. */
export interface DiscoveredAuthorizationServer {
  /** As the MCP server lists it. */
  readonly issuer: string;
  /** Where the document was found. Absent, as `document`, for a server of MCP 2025-03-26 that has none. */
  readonly url?: string;
  /** Its metadata (RFC 8414 §2). */
  readonly document?: ServerDocument;
}

/** What discovery found. JSON: it may be kept for as long as its servers may be taken at their word. */
export interface Discovered {
  /** The MCP server's URL. */
  readonly server: string;
  /** The `WWW-Authenticate` header of its 401; empty where it was not to be had. */
  readonly challenge: string;
  /** What tokens will be for (RFC 8707): the server or a parent path of it. Not read again. */
  readonly resource: string;
  /** What the servers suggest to ask for: the challenge's scopes, else all that the metadata lists. Not read again. */
  readonly scopes: readonly string[];
  /** Its protected resource metadata (RFC 9728 §2), and where it was found. Absent for a server of MCP 2025-03-26. */
  readonly resourceMetadata?: { readonly url?: string; readonly document: ServerDocument };
  /** The issuers that the MCP server lists. Not read again. */
  readonly authorizationServers: readonly string[];
  /** The one that was asked. */
  readonly authorizationServer: DiscoveredAuthorizationServer;
}

/** Options of {@link discover}. */
export interface DiscoverOptions extends StepOptions, ServerPolicy {
  /** Which of several authorization servers to ask. Default: the first. */
  issuer?: string;
  /** Whether metadata is asked for at several places at once. Default `true`. */
  prefetch?: boolean;
}

/**
 * From the MCP server's URL to its authorization server's metadata (RFC 9728, RFC 8414): asks the server for its
 * challenge, then for the documents at the places where the specification puts them, and checks both.
 *
 * @throws McpAuthorizeError `authorization_not_required`, `metadata_not_found`, `resource_mismatch`, `issuer_mismatch`,
 *   `insecure_url`, `invalid_response`, `invalid_option` for an `issuer` that is not listed, `network`, …
 */
export function discover(server: string | URL, options?: DiscoverOptions): Promise<Discovered>;

/** What the app says of itself when it registers. */
export interface ClientRegistration {
  /** The name that users read when they consent. */
  clientName: string;
  /** The app's home page. */
  clientUri?: string | URL;
  /** Where authorization responses go. Without it the app registers for the device flow (RFC 8628). */
  redirectUri?: string | URL;
  /** All scopes that it may ask for, step-up included. Some servers hold it to them. */
  scopes?: readonly string[];
  /** Whether it takes tokens alone that are bound to a key (RFC 9449 §5.2). */
  dpopBound?: boolean;
}

/** Options of {@link register}. */
export interface RegisterOptions extends StepOptions, ServerPolicy {
  /** What allows the app to register there (RFC 7591 §3). */
  initialAccessToken?: string;
  /** The app's own key, where the server may assign `private_key_jwt`. */
  clientKey?: McpClientKey;
}

/**
 * As whom the app asks: what {@link register} brought, an id that was given by hand, or the URL of the app's client ID
 * metadata document as `client_id` (for servers with `client_id_metadata_document_supported`). Member names are those of
 * RFC 7591 §3.2.1.
 */
export interface ClientIdentity {
  /** Where it is registered: at any other authorization server it is refused (`client_mismatch`). Needed with a secret. */
  issuer?: string;
  client_id: string;
  /** It is shown to `issuer` alone. */
  client_secret?: string;
  /** When the secret runs out, in seconds since 1970; 0 where it does not. */
  client_secret_expires_at?: number;
  /** `none`, `client_secret_basic`, `client_secret_post` or `private_key_jwt`. Default: what follows from the rest. */
  token_endpoint_auth_method?: string;
}

/**
 * Registers the app (RFC 7591). The result belongs to this authorization server; keep it by its `issuer`.
 *
 * @param authorizationServer `discovered.authorizationServer`.
 * @throws McpAuthorizeError `registration_unsupported`, `registration_failed`, …
 */
export function register(
  authorizationServer: DiscoveredAuthorizationServer,
  client: ClientRegistration,
  options?: RegisterOptions,
): Promise<ClientIdentity & { issuer: string; token_endpoint_auth_method: string }>;

/** What {@link clientMetadataDocument} makes a document of. */
export interface HostedClient {
  /** Where the document will be: https, with a path. It is the app's client id. */
  url: string | URL;
  clientName: string;
  clientUri?: string | URL;
  /** Everywhere that responses may go, those of development included. */
  redirectUris: readonly string[];
  /** Where the public half of the app's key is, if it authenticates by one. */
  jwksUri?: string | URL;
  dpopBound?: boolean;
}

/**
 * The client ID metadata document to host at `url`, as JSON
 * (draft-ietf-oauth-client-id-metadata-document §4.1).
 *
 * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `invalid_option`.
 */
export function clientMetadataDocument(client: HostedClient): Promise<Record<string, unknown>>;

/**
 * Fetches a client ID metadata document as an authorization server does, and tells what is wrong with it: those with the
 * status `failure`, and why. In a page of another origin the browser may not let it be read; servers need no CORS.
 *
 * @throws McpAuthorizeError `aborted`, `invalid_option`.
 */
export function checkClientMetadataDocument(
  url: string | URL,
  options?: StepOptions & { /** The one that has to be listed. */ redirectUri?: string | URL },
): Promise<McpFinding[]>;

/** A verifier and its challenge (RFC 7636), for requests that the app makes by itself. {@link beginAuthorization} has its own. */
export function createPkce(): Promise<{ verifier: string; challenge: string; method: "S256" }>;

/** A key pair for proofs of possession: P-256. {@link createDpopKey} makes one; structured clone keeps it. */
export interface DpopKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** How tokens are bound to a key, and how the app shows who it is. */
export interface KeyOptions {
  /** The key to bind tokens to. Without it, they are Bearer tokens. */
  dpopKey?: DpopKey;
  /** With `dpopKey`: `"auto"`, the default, where both servers know DPoP; `"require"` else `dpop_unsupported`. */
  dpop?: "auto" | "require" | "off";
  /** The app's own key, for `private_key_jwt`. */
  clientKey?: McpClientKey;
}

/** What all requests for tokens have in common. */
export interface TokenRequest extends StepOptions, ServerPolicy, KeyOptions {
  /** What {@link discover} found. */
  discovered: Discovered;
  /** As whom to ask. */
  client: ClientIdentity;
  /** What to ask for in place of `discovered.scopes`. */
  scopes?: readonly string[];
}

/** An authorization request. */
export interface AuthorizationRequest extends TokenRequest {
  /** Where the response goes: the page or the route that calls {@link finishAuthorization}. https, http on loopback, or what opens an app. */
  redirectUri: string | URL;
  /** What to add, such as `login_hint`; `null` drops a parameter. Those that the protocol sets are `invalid_option`. */
  authorizationParameters?: Readonly<Record<string, string | null>>;
  /** Refuses a response without `iss`, though the server does not announce one (RFC 9207 §2.4). */
  requireIss?: boolean;
  /** How long the user may take, in milliseconds. Default 600,000. */
  signInTimeout?: number;
}

/**
 * A sign-in between its request and the response, as JSON; another process may finish it. It holds what the response is
 * checked against, and **secrets**: the code verifier, and the client's secret where it has one. Keep it where neither the
 * user nor anybody else can read or change it, by the `state` in it or by the user's own session, and take it out before
 * the response is used: it counts once.
 */
export interface PendingAuthorization {
  readonly state: string;
  readonly server: string;
  readonly issuer: string;
  readonly redirect_uri: string;
  /** Until when the response is taken, in milliseconds since 1970. */
  readonly ends_at: number;
  readonly [member: string]: unknown;
}

/**
 * Makes an authorization request with a fresh `state` and verifier, pushed where the server takes that (RFC 9126), and
 * with `resource`, PKCE and, where there is a `dpopKey`, its thumbprint.
 *
 * @returns The URL that the user's browser has to open, and what to keep until they come back.
 * @throws McpAuthorizeError `pkce_unsupported`, `client_mismatch`, `resource_mismatch`, `dpop_unsupported`,
 *   `invalid_option`; for `discovered`, what the same documents had when servers sent them.
 */
export function beginAuthorization(
  request: AuthorizationRequest,
): Promise<{ url: string; pending: PendingAuthorization }>;

/**
 * Options of steps that go on with what another one began. `omitResource` is for tokens that a session handed out: those
 * of a step know it.
 */
export type FinishOptions = StepOptions &
  Pick<KeyOptions, "dpopKey" | "clientKey"> &
  Pick<ServerPolicy, "omitResource">;

/**
 * Checks the URL that came back, and exchanges its code for tokens: where it came back to, `state`, `iss` (RFC 9207) and
 * errors come before anything is sent.
 *
 * @param callbackUrl The whole URL with its query. Behind a proxy, put it together by the redirect URI:
 *   `new URL(request.url, redirectUri)`.
 * @throws McpAuthorizeError `state_mismatch`, `issuer_mismatch`, `timeout`, `access_denied`, `authorization_failed`,
 *   `token_failed`, …
 */
export function finishAuthorization(
  pending: PendingAuthorization,
  callbackUrl: string | URL,
  options?: FinishOptions,
): Promise<Tokens>;

/**
 * Tokens, and all that it takes to refresh and to revoke them, as JSON. Member names are those of RFC 6749 §5.1, RFC 7591
 * and RFC 8414. Times are in milliseconds since 1970, but for `client_secret_expires_at`, which is in seconds as in its RFC.
 *
 * Keep others from changing it: it says where the refresh token is sent. An endpoint that is insecure or leads into a
 * private network is refused when it comes back (`invalid_option`); another one on the internet can't be told apart.
 */
export interface Tokens {
  /** The version of this format: 1. */
  readonly v: number;
  readonly access_token: string;
  /** `DPoP`: it is bound to a key, and goes with a proof ({@link dpopProof}). */
  readonly token_type: "Bearer" | "DPoP";
  readonly refresh_token?: string;
  /** The granted scopes. */
  readonly granted: readonly string[];
  /** Those that were asked for. */
  readonly requested: readonly string[];
  readonly issued_at: number;
  /** When the access token runs out. Absent where the server did not say. */
  readonly expires_at?: number;
  /** When to refresh, so that it does not run out on its way. */
  readonly refresh_at?: number;
  /** The MCP server. */
  readonly server: string;
  /** What the access token is for: send it nowhere else (RFC 8707). */
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
  /** Who the user is, where the authorization server said so: text from a server, for people to read. */
  readonly user?: McpUser;
  /** Whether the issuer is one that refuses the parameter `resource`. */
  readonly omits_resource?: boolean;
}

/**
 * Gets new tokens by the refresh token (RFC 6749 §6), which may be spent then: store the result in place of what there
 * was before it is used, and let one process at a time refresh.
 *
 * @throws McpAuthorizeError `session_expired` where there is no refresh token or the server refuses it for good;
 *   `network`, `http_status`, `timeout`, which may be over by the next time; `invalid_option` for another `dpopKey`.
 */
export function refresh(tokens: Tokens, options?: FinishOptions): Promise<Tokens>;

/**
 * Revokes both tokens, where the server offers it (RFC 7009).
 *
 * @returns Whether the server confirmed that for the refresh token or, where there is none, for the access token.
 */
export function revoke(tokens: Tokens, options?: FinishOptions): Promise<boolean>;

/** Tokens by the client's own credentials (OAuth 2.1 §4.2, SEP-1046). A refusal is told and not tried again. */
export function clientCredentials(request: TokenRequest): Promise<Tokens>;

/** Tokens for a JWT (RFC 7523 §2.1): a workload's (SEP-1933), or what {@link exchangeToken} got for a user (SEP-990). */
export function jwtBearer(request: TokenRequest & { assertion: string }): Promise<Tokens>;

/** A request to exchange a token. */
export interface TokenExchangeRequest extends StepOptions, ServerPolicy {
  /** For whom the new token shall be: its issuer is the `audience`, its resource the `resource`. */
  discovered: Discovered;
  /** The identity provider's token endpoint. */
  tokenEndpoint: string | URL;
  /** As whom the app asks there. */
  clientId: string;
  clientSecret?: string;
  /** Whom the new token stands for, such as the user's ID token. */
  subjectToken: string;
  /** Default `urn:ietf:params:oauth:token-type:id_token`. */
  subjectTokenType?: string;
  /** Default `urn:ietf:params:oauth:token-type:id-jag`. An answer with another type is `invalid_response`. */
  requestedTokenType?: string;
  /** In place of the issuer of `discovered`. */
  audience?: string;
  scopes?: readonly string[];
}

/** One token for another (RFC 8693), at an identity provider: by default an ID-JAG (SEP-990) for {@link jwtBearer}. */
export function exchangeToken(
  request: TokenExchangeRequest,
): Promise<{ access_token: string; issued_token_type: string }>;

/** A sign-in that the user is busy with on another device, as JSON. The device code in it is a **secret**. */
export interface PendingDeviceAuthorization {
  readonly server: string;
  readonly issuer: string;
  /** When the code runs out, in milliseconds since 1970. */
  readonly ends_at: number;
  readonly [member: string]: unknown;
}

/**
 * Asks for a code that the user enters on another device (RFC 8628 §3.1). `user_code` is text from a server: never put it
 * into a page as HTML.
 *
 * @throws McpAuthorizeError `invalid_response` where the server has no such endpoint, …
 */
export function deviceAuthorization(request: TokenRequest): Promise<{
  user_code: string;
  verification_uri: string;
  /** For a QR code: has the code in it. */
  verification_uri_complete?: string;
  /** In seconds. */
  expires_in: number;
  pending: PendingDeviceAuthorization;
}>;

/**
 * Polls until the user is done, as often as the server allows (RFC 8628 §3.5).
 *
 * @throws McpAuthorizeError `access_denied`, `timeout` when the code has run out, `aborted`, …
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
  /** Names in lower case; of one that comes twice, the first. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Reads a `WWW-Authenticate` header, or several joined by commas. `resource_metadata` (RFC 9728 §5.1), `scope` and `error`
 * (RFC 6750 §3) are those of the challenge that this client answers: of the Bearer and DPoP ones, the first that names
 * its metadata, else the first.
 */
export function parseChallenge(header: string): Promise<{
  challenges: readonly ParsedChallenge[];
  resource_metadata?: string;
  scope?: string;
  error?: string;
}>;

/**
 * What tokens shall be for: the `resource` of the metadata, if it is the server or a parent path of it (RFC 9728 §3.3,
 * widened by MCP); without metadata, the server's canonical URI.
 *
 * @throws McpAuthorizeError `resource_mismatch`, `invalid_response`.
 */
export function selectResource(server: string | URL, metadata?: ServerDocument): Promise<string>;

/**
 * What to ask for after a 403: `scopes` and those that the challenge adds (MCP 2026-07-28 authorization, step-up).
 *
 * @param scopes Those that were asked for and granted before: `[...tokens.requested, ...tokens.granted]`.
 * @param header The answer's `WWW-Authenticate`.
 * @returns `null` where the challenge does not say `insufficient_scope`.
 */
export function scopesForStepUp(scopes: readonly string[], header: string): Promise<string[] | null>;

/**
 * A key pair for proofs of possession (RFC 9449). Nobody can read the private half out, which suits a page with IndexedDB.
 * A backend that has to store it as text wants `extractable`.
 */
export function createDpopKey(options?: {
  extractable?: boolean;
}): Promise<DpopKey & { /** RFC 7638, as in `dpop_jkt` and `cnf.jkt`. */ readonly thumbprint: string }>;

/**
 * A proof for one request (RFC 9449 §4.2): the value of its `DPoP` header, beside `Authorization: DPoP …`. A server that
 * answers with `DPoP-Nonce` wants it in the next one (§9).
 *
 * @throws McpAuthorizeError `invalid_url`, `insecure_url`, `invalid_option`.
 */
export function dpopProof(request: {
  key: DpopKey;
  /** As it is sent: `POST`. */
  method: string;
  /** Its query is left out of the proof. */
  url: string | URL;
  /** The token that goes with the request. */
  accessToken?: string;
  /** The last `DPoP-Nonce` of this server. */
  nonce?: string;
}): Promise<string>;
