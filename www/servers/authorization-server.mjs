// The authorization server: oidc-provider, configured for the MCP specification. Everything is in memory, and the login form
// accepts any name: only for demos and tests, never for the open internet.

import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { errors } from "oidc-provider";
import { clientMetadata, DOCUMENT_URL, PRE_REGISTERED } from "./client.mjs";
import { answerPreflight, withoutCors } from "./cors.mjs";
import { interactions } from "./interactions.mjs";
import { codeConfirmationPage, codePage, deviceSuccessPage, errorPage, POLICY } from "./sign-in-pages.mjs";
import { CHOICES, switches as asTheyStart } from "./switches.mjs";

const SHORT_TOKEN_SECONDS = 10;

/**
 * @param {object} options
 * @param {string} options.issuer the URL at which this server is reached
 * @param {string} options.resource the URL of the one MCP server that it issues tokens for
 * @param {string[]} options.scopes the scopes of that MCP server
 * @param {number} options.accessTokenSeconds
 * @param {boolean} options.refreshTokens
 * @param {object[]} [options.clients] those that are registered by hand (RFC 7591 §2), such as machines
 * @param {boolean} [options.dpopNonces] whether proofs of possession need a nonce of its own (RFC 9449 §8)
 * @param {string} [options.redirectUri] the demo page's, for the identities that it has here without registering
 * @param {import("./switches.mjs").Switches} [options.switches] looked up with each request
 * @returns {Promise<import("node:http").RequestListener>}
 */
export async function authorizationServer({
  issuer,
  resource,
  scopes,
  accessTokenSeconds,
  refreshTokens,
  clients = [],
  dpopNonces = false,
  redirectUri,
  switches = asTheyStart(),
}) {
  const tokenSeconds = () => (switches.shortTokens ? SHORT_TOKEN_SECONDS : accessTokenSeconds);
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig" }] };
  const nonceSecret = randomBytes(32);
  const hour = 60 * 60;
  const clientDocument = { client_id: DOCUMENT_URL, ...clientMetadata(redirectUri) };

  const native = { client_id: PRE_REGISTERED, application_type: "native" };
  const page = redirectUri ? [{ ...native, ...clientMetadata(redirectUri) }] : [];

  // oidc-provider reads the settings for pushed requests only once, so there is one provider for each choice. They share the
  // clients and sessions in memory.
  const provider = (pushedRequests) =>
    new Provider(issuer, {
      jwks,
      responseTypes: ["code"],
      clientDefaults: {
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        // A page can't keep a secret, so it is a public client (RFC 6749 §2.1).
        token_endpoint_auth_method: "none",
        id_token_signed_response_alg: "ES256",
      },
      clients: [...clients, ...page],
      pkce: { required: () => true },
      scopes: ["openid", "offline_access"],
      // Pages of any origin may request tokens. PKCE and the redirect URI protect them, not CORS.
      clientBasedCORS: () => true,
      issueRefreshToken: (context, client) => refreshTokens && client.grantTypeAllowed("refresh_token"),
      // A public client's refresh token can be used once (RFC 9700 §4.14.2).
      rotateRefreshToken: true,
      ttl: {
        AccessToken: tokenSeconds,
        Grant: 24 * hour,
        IdToken: hour,
        Interaction: hour,
        RefreshToken: 24 * hour,
        Session: 24 * hour,
      },
      fetch: (url, options) => (String(url) === DOCUMENT_URL ? Response.json(clientDocument) : fetch(url, options)),
      findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
      // Errors of the authorization endpoint that must not be sent to the client (RFC 6749 §4.1.2.1).
      renderError(context, { error, error_description: description }) {
        context.type = "html";
        context.body = errorPage({ error, description });
      },
      features: {
        registration: { enabled: true }, // RFC 7591
        clientCredentials: { enabled: clients.length > 0 }, // OAuth 2.1 §4.2
        clientIdMetadataDocument: { enabled: true, ack: "draft-02" },
        deviceFlow: { enabled: true, ...DEVICE_PAGES }, // RFC 8628
        pushedAuthorizationRequests: {
          enabled: pushedRequests !== "off", // RFC 9126
          requirePushedAuthorizationRequests: pushedRequests === "required",
        },
        dPoP: { enabled: true, nonceSecret: dpopNonces ? nonceSecret : undefined, requireNonce: () => dpopNonces }, // RFC 9449
        revocation: { enabled: true }, // RFC 7009
        userinfo: { enabled: false },
        rpInitiatedLogout: { enabled: false },
        // RFC 8707: the token is for one resource, which is in its `aud`.
        resourceIndicators: {
          enabled: true,
          defaultResource: () => resource,
          useGrantedResource: () => true,
          getResourceServerInfo(context, indicator) {
            if (indicator !== resource) throw new errors.InvalidTarget();
            return {
              audience: resource,
              scope: scopes.join(" "),
              accessTokenFormat: "jwt", // RFC 9068
              accessTokenTTL: tokenSeconds(),
              jwt: { sign: { alg: "ES256" } },
            };
          },
        },
        devInteractions: { enabled: false }, // interactions.mjs has them
      },
    });

  const handlers = Object.fromEntries(
    CHOICES.pushedRequests.map((choice) => {
      const chosen = provider(choice);
      return [choice, { interact: interactions(chosen), handle: chosen.callback() }];
    }),
  );
  return async (request, response) => {
    if (switches.withoutCors) withoutCors(response);
    // oidc-provider does not handle CORS at the registration endpoint. `Date` is exposed for clients with a wrong clock, which
    // need the time for their proofs (RFC 9449 §11.1).
    const registration = { methods: "POST", headers: "Content-Type", expose: "Date" };
    if (request.url === "/reg" && answerPreflight(request, response, registration)) return;
    if (request.url === "/reg" && request.method === "POST") await leaveScopesOpen(request);
    response.setHeader("Content-Security-Policy", POLICY);
    if (switches.signInCoop) response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    request.url = withoutScript(request.url);
    const { interact, handle } = handlers[String(switches.pushedRequests)];
    if (!(await interact(request, response))) await handle(request, response);
  };
}

/** The pages for a code that a device shows (RFC 8628 §3.3). */
const DEVICE_PAGES = {
  userCodeInputSource(context, _form, _out, error) {
    const code = error?.userCode ?? context.URL.searchParams.get(PREFILLED) ?? "";
    const problem = error && (CODE_PROBLEMS[error.name] ?? "Something went wrong. Try again.");
    context.body = codePage({ xsrf: context.oidc.session.state.secret, code, problem });
  },
  userCodeConfirmSource(context, _form, client, _device, code) {
    context.body = codeConfirmationPage({ xsrf: context.oidc.session.state.secret, client, code });
  },
  successSource(context) {
    context.body = deviceSuccessPage({ client: context.oidc.client });
  },
};

const CODE_PROBLEMS = {
  NoCodeError: "Type the code.",
  NotFoundError: "There is no such code. Compare it with the one that the device shows.",
  ExpiredError: "The code has expired. Ask for a new one on the device.",
  AlreadyUsedError: "The code was used before. Ask for a new one on the device.",
  AbortedError: "The device was not signed in. You can close this page.",
};

const PREFILLED = "prefilled_code";

/**
 * For `verification_uri_complete` (RFC 8628 §3.3.1), oidc-provider sends a script that submits the code. Here the form is filled
 * in, and the user submits it.
 */
const withoutScript = (url) => url.replace(/^(\/device\?)user_code=/, `$1${PREFILLED}=`);

/**
 * RFC 7591 §3.2.1: it "MAY reject or replace any of the client's requested metadata values". oidc-provider would refuse a
 * client that registers for scopes of the MCP server, which it grants by `resource` (RFC 8707).
 */
async function leaveScopesOpen(request) {
  const sent = await text(request);
  try {
    const metadata = JSON.parse(sent);
    delete metadata.scope;
    // oidc-provider uses this if the request's stream was already read.
    request.body = metadata;
  } catch {
    request.body = sent;
  }
}
