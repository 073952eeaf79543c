/**
 * For libraries that accept only the official SDK's `OAuthClientProvider`, such as adapters of agent frameworks. If a transport accepts
 * `fetch`, pass `session.fetch` instead, which does more.
 *
 * @packageDocumentation
 */
import type { McpSession } from "./index.js";

/** The members of the SDK's `OAuthClientProvider` that a session can fill, for versions 1 and 2. */
export interface McpOAuthClientProvider {
  readonly redirectUrl: string;
  readonly clientMetadata: { redirect_uris: string[] };
  clientInformation(): { client_id: string };
  tokens(): Promise<{ access_token: string; token_type: string }>;
  discoveryState(): {
    authorizationServerUrl: string;
    authorizationServerMetadata: {
      issuer: string;
      authorization_endpoint: string;
      token_endpoint: string;
      response_types_supported: string[];
      code_challenge_methods_supported: string[];
    };
    resourceMetadata: { resource: string; authorization_servers: string[] };
  };
  redirectToAuthorization(url: URL): Promise<void>;
  saveCodeVerifier(verifier: string): void;
  codeVerifier(): string;
  saveTokens(tokens: unknown): void;
}

/**
 * Returns a session as the SDK's `OAuthClientProvider`: `{ authProvider: toOAuthClientProvider(session) }`.
 *
 * The SDK gets a valid token before each request. The session refreshes it in time, once for all tabs. If the server still
 * answers 401, the session gets a new token and the SDK's request fails with its `UnauthorizedError`: send the request
 * again. If the session has ended, the request rejects with `session_expired`. If it needs more scopes, it rejects with
 * `insufficient_scope`: call the error's `stepUp` in a click handler. Neither the SDK nor the library around it gets the
 * refresh token, and no page is opened.
 *
 * It does not work with tokens that are bound to a key: `tokens()` rejects with `unsupported`. To avoid that, create the authorizer with
 * `dpop: "off"`.
 *
 * @param session The session. Use the provider only for the session's own server: the SDK sends the token wherever its
 *   requests go, without the check that `session.fetch` makes.
 */
export function toOAuthClientProvider(session: McpSession): McpOAuthClientProvider;
