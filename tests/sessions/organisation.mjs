// An organisation (SEP-990): its identity provider, and two MCP servers whose authorization servers accept its ID-JAGs.
// All three use oidc-provider, with the two missing grants added as its documentation describes.

import { once } from "node:events";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import Provider, { errors } from "oidc-provider";
import { interactions } from "../../www/servers/interactions.mjs";
import { mcpServer, SCOPES } from "../../www/servers/mcp-server.mjs";
import { portOf } from "../../www/servers/port.mjs";
import { POLICY } from "../../www/servers/sign-in-pages.mjs";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
const REFRESH_TOKEN = "urn:ietf:params:oauth:token-type:refresh_token";
const HOUR = 60 * 60;

/** The app's client ID at both authorization servers: the URL of its metadata document. */
export const DOCUMENT_URL = "https://app.example/client.json";

/**
 * @param {Pick<import("node:test").TestContext, "after">} t
 * @param {object} options
 * @param {string} options.redirectUri the app's
 * @param {object} [options.jwk] the app's public key; with it, the app authenticates with `private_key_jwt`
 * @param {string} [options.secret] the app's client secret at the identity provider
 * @param {string[]} [options.granted] the scopes that the organisation's policy grants
 * @param {number} [options.idTokenSeconds]
 */
export async function startOrganisation(t, { redirectUri, jwk, secret, granted = SCOPES, idTokenSeconds = HOUR }) {
  const servers = [];
  const listen = async () => {
    const server = createServer();
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return { server, origin: `http://localhost:${portOf(server)}` };
  };
  t.after(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });

  /** The token requests of both kinds of servers, as `{ form, authorization }`, and the number of opened pages. */
  const log = { provider: [], authorization: [], pages: 0 };
  const idp = await listen();
  const mcp = [await listen(), await listen()];
  const authorization = [await listen(), await listen()];
  const policy = { granted };
  const audiences = authorization.map(({ origin }) => origin);
  const provider = await identityProvider({
    issuer: idp.origin,
    redirectUri,
    secret,
    policy,
    audiences,
    idTokenSeconds,
    log: log.provider,
  });
  const interact = interactions(provider);
  const handle = provider.callback();
  idp.server.on("request", async (request, response) => {
    if (request.method === "GET" && request.url.startsWith("/auth?")) log.pages += 1;
    response.setHeader("Content-Security-Policy", POLICY);
    if (!(await interact(request, response))) await handle(request, response);
  });
  const document = {
    client_id: DOCUMENT_URL,
    client_name: "An app of the organisation",
    redirect_uris: [redirectUri],
    grant_types: [JWT_BEARER],
    response_types: [],
    ...(jwk
      ? {
          token_endpoint_auth_method: "private_key_jwt",
          token_endpoint_auth_signing_alg: "ES256",
          jwks: { keys: [jwk] },
        }
      : { token_endpoint_auth_method: "none" }),
  };
  for (const [index, { server, origin }] of authorization.entries()) {
    const resource = `${mcp[index].origin}/mcp`;
    const own = await resourceAuthorizationServer({
      issuer: origin,
      resource,
      provider: idp.origin,
      document,
      log: log.authorization,
    });
    server.on("request", own.callback());
    mcp[index].server.on("request", mcpServer({ url: resource, issuer: origin, dpop: false }));
  }
  return { log, policy, provider, issuer: idp.origin, mcpUrls: mcp.map(({ origin }) => `${origin}/mcp`), audiences };
}

/** Logs each token request with its authentication. */
function note(provider, log) {
  provider.use(async (context, next) => {
    await next();
    if (context.path === "/token" && context.method === "POST") {
      const { authorization } = context.request.headers;
      log.push({ form: { ...context.oidc?.params }, authorization, status: context.status });
    }
  });
}

async function keys() {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { privateKey, publicKey, jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig" }] } };
}

async function identityProvider({ issuer, redirectUri, secret, policy, audiences, idTokenSeconds, log }) {
  const { privateKey, publicKey, jwks } = await keys();
  const provider = new Provider(issuer, {
    jwks,
    responseTypes: ["code"],
    clients: [
      {
        client_id: "app-at-idp",
        application_type: "native", // because its redirect URI is on loopback
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code", "refresh_token", TOKEN_EXCHANGE],
        id_token_signed_response_alg: "ES256",
        ...(secret ? { client_secret: secret } : { token_endpoint_auth_method: "none" }),
      },
    ],
    pkce: { required: () => true },
    scopes: ["openid", "offline_access"],
    clientBasedCORS: () => true,
    conformIdTokenClaims: false,
    claims: { openid: ["sub", "name"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} of the organisation` }) }),
    ttl: {
      IdToken: idTokenSeconds,
      RefreshToken: HOUR,
      Session: HOUR,
      Grant: HOUR,
      Interaction: HOUR,
      AccessToken: HOUR,
    },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  });
  note(provider, log);

  /** The user of a subject token. */
  async function subjectOf(context, { subject_token: token, subject_token_type: type }) {
    const { client } = context.oidc;
    if (type === REFRESH_TOKEN) {
      const found = await provider.RefreshToken.find(token);
      if (found?.clientId !== client.clientId) throw new errors.InvalidGrant("no such refresh token");
      return found.accountId;
    }
    if (type !== ID_TOKEN) throw new errors.InvalidRequest("subject_token_type");
    try {
      const { payload } = await jwtVerify(token, publicKey, { issuer, audience: client.clientId });
      return payload.sub;
    } catch {
      throw new errors.InvalidGrant("the ID token is not valid");
    }
  }
  const parameters = ["audience", "resource", "scope", "requested_token_type", "subject_token", "subject_token_type"];
  provider.registerGrantType(
    TOKEN_EXCHANGE,
    async (context) => {
      const { params } = context.oidc;
      const sub = await subjectOf(context, params);
      if (params.requested_token_type !== ID_JAG) throw new errors.InvalidRequest("requested_token_type");
      if (!audiences.includes(params.audience)) throw new errors.InvalidTarget("audience");
      const scope = (params.scope ?? "").split(" ").filter((name) => policy.granted.includes(name));
      const claims = { resource: params.resource, client_id: DOCUMENT_URL, scope: scope.join(" "), jti: randomUUID() };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", typ: "oauth-id-jag+jwt" })
        .setIssuer(issuer)
        .setSubject(sub)
        .setAudience(params.audience)
        .setIssuedAt()
        .setExpirationTime("5 minutes")
        .sign(privateKey);
      // draft-ietf-oauth-identity-assertion-authz-grant §4.3.4
      context.body = {
        issued_token_type: ID_JAG,
        access_token: token,
        token_type: "N_A",
        scope: claims.scope,
        expires_in: 300,
      };
    },
    parameters,
  );
  return provider;
}

async function resourceAuthorizationServer({ issuer, resource, provider: trusted, document, log }) {
  const { jwks } = await keys();
  const metadata = { authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"] };
  const info = {
    audience: resource,
    scope: SCOPES.join(" "),
    accessTokenFormat: "jwt",
    accessTokenTTL: HOUR,
    jwt: { sign: { alg: "ES256" } },
  };
  const provider = new Provider(issuer, {
    jwks,
    discovery: metadata,
    responseTypes: ["code"],
    scopes: ["openid", "offline_access", ...SCOPES],
    clientBasedCORS: () => true,
    clientAuthMethods: ["none", "private_key_jwt"],
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    fetch: (url, options) => (String(url) === DOCUMENT_URL ? Response.json(document) : fetch(url, options)),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: { AccessToken: HOUR, Grant: HOUR },
    features: {
      devInteractions: { enabled: false },
      clientIdMetadataDocument: { enabled: true, ack: "draft-02" },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: () => info,
      },
    },
  });
  note(provider, log);
  const keysOfProvider = createRemoteJWKSet(new URL(`${trusted}/jwks`));
  provider.registerGrantType(
    JWT_BEARER,
    async (context) => {
      const { client, params } = context.oidc;
      let claims;
      try {
        const expected = { issuer: trusted, audience: issuer, typ: "oauth-id-jag+jwt" };
        claims = (await jwtVerify(params.assertion, keysOfProvider, expected)).payload;
      } catch {
        throw new errors.InvalidGrant("the ID-JAG is not valid");
      }
      // draft-ietf-oauth-identity-assertion-authz-grant §4.4.1
      if (claims.client_id !== client.clientId || claims.resource !== resource) throw new errors.InvalidGrant();
      const grant = new provider.Grant({ clientId: client.clientId, accountId: claims.sub });
      grant.addResourceScope(resource, claims.scope);
      const token = new provider.AccessToken({
        client,
        accountId: claims.sub,
        grantId: await grant.save(),
        gty: "jwt-bearer",
        scope: claims.scope,
      });
      token.resourceServer = new provider.ResourceServer(resource, info);
      context.body = {
        access_token: await token.save(),
        token_type: "Bearer",
        expires_in: HOUR,
        scope: claims.scope,
      };
    },
    ["assertion", "scope", "resource"],
    ["resource"],
  );
  return provider;
}
