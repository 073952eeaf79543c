// Presents a session as the official SDK's OAuthClientProvider. The session does the sign-in, the refresh and the step-up;
// the SDK's own flow gets its answers from the session and sends no request.

import { McpAuthorizeError } from "./error.js";

/** @import { McpSession } from "./index.js" */
/** @import { McpOAuthClientProvider } from "./oauth-provider.js" */

/** The SDK wants a redirect URL, and never opens it. */
const NOWHERE = "about:blank";

/**
 * @param {McpSession} session
 * @returns {McpOAuthClientProvider}
 */
export function toOAuthClientProvider(session) {
  return {
    redirectUrl: NOWHERE,
    clientMetadata: { redirect_uris: [NOWHERE] },

    clientInformation: () => ({ client_id: session.clientId }),

    // Without the refresh token, which works once: only the session may use it.
    tokens: async () => ({ access_token: await session.authProvider.token(), token_type: "Bearer" }),

    discoveryState: () => ({
      authorizationServerUrl: session.issuer,
      authorizationServerMetadata: {
        issuer: session.issuer,
        authorization_endpoint: session.issuer,
        token_endpoint: session.issuer,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
      },
      resourceMetadata: { resource: session.resource, authorization_servers: [session.issuer] },
    }),

    // The SDK starts a sign-in after a 401, or after a 403 that names the missing scopes.
    async redirectToAuthorization(url) {
      const wanted = url.searchParams.get("scope")?.split(" ") ?? [];
      const missing = wanted.filter((scope) => scope && !session.scopes.includes(scope));
      if (missing.length > 0) throw insufficientScope(session, missing);
      await session.authProvider.onUnauthorized();
    },

    // The SDK's own sign-in never finishes, so there is nothing to store.
    saveCodeVerifier() {},
    codeVerifier: () => "",
    saveTokens() {},
  };
}

/**
 * @param {McpSession} session
 * @param {string[]} missing
 */
function insufficientScope(session, missing) {
  const scopes = [...new Set([...session.scopes, ...missing])];
  return new McpAuthorizeError({
    code: "insufficient_scope",
    step: "request",
    message: `${session.server} asks for more scopes than the session has.`,
    userMessage: "This needs more permissions than you have given.",
    remedy: "Call the error's stepUp in a click. Without one, the user was asked before and the server still refuses.",
    scopes,
    missingScopes: missing,
    stepUp: (/** @type {import("./index.js").WaitOptions} */ options) => session.stepUp({ scopes, ...options }),
  });
}
