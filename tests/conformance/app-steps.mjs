// An app that manages its own tokens with the single steps: every step of a sign-in, refresh and step-up is one call.
// Between the steps, all values pass through JSON, as between two processes.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import {
  beginAuthorization,
  clientCredentials,
  createDpopKey,
  discover,
  dpopProof,
  exchangeToken,
  finishAuthorization,
  jwtBearer,
  refresh,
  register,
  scopesForStepUp,
} from "mcp-authorize/steps";
import { credentialOptions } from "./credentials.mjs";

const SIGN_INS = 3;
const STEP_UPS = 2;
const DOCUMENT_URL = "https://conformance-test.local/client-metadata.json";

const stored = (value) => JSON.parse(JSON.stringify(value));

/**
 * @param {string} server
 * @param {Record<string, string>} credentials the user's credentials for this server; see credentials.mjs
 * @param {{ redirectUri: string, authorize: (url: string) => Promise<string> }} user the user who signs in
 */
export async function run(server, credentials, user) {
  const given = /** @type {any} */ (await credentialOptions(credentials));
  const app = {
    server,
    given,
    user,
    registrations: new Map(),
    nonces: new Map(),
    signIns: 0,
    stepUps: 0,
    tokens: undefined,
    dpopKey: await createDpopKey(),
  };
  await signIn(app);
  const client = new Client({ name: "mcp-authorize", version: "0.1.0" }, { versionNegotiation: { mode: "auto" } });
  const withToken = (input, init) => call(app, input, init);
  await client.connect(new StreamableHTTPClientTransport(new URL(server), { fetch: withToken }));
  const { tools } = await client.listTools();
  for (const { name } of tools) await client.callTool({ name, arguments: {} });
  await client.close();
}

/** A whole sign-in. */
async function signIn(app, scopes) {
  const { server, given, user } = app;
  app.signIns += 1;
  const discovered = stored(await discover(server));
  const client = await identity(app, discovered, scopes);
  const request = { discovered, client, scopes, clientKey: given.clientKey, dpopKey: app.dpopKey };
  app.tokens = stored(await tokensFor(request, given.grant, user));
}

async function tokensFor(request, grant, { redirectUri, authorize }) {
  if (grant?.type === "client_credentials") return clientCredentials(request);
  if (grant?.type === "jwt_bearer") return jwtBearer({ ...request, assertion: grant.assertion });
  if (grant?.type === "id_jag") {
    const { discovered, scopes } = request;
    const { idToken: subjectToken, tokenEndpoint, clientId } = grant;
    const { access_token } = await exchangeToken({ discovered, scopes, subjectToken, tokenEndpoint, clientId });
    return jwtBearer({ ...request, assertion: access_token });
  }
  const { url, pending } = await beginAuthorization({ ...request, redirectUri });
  return finishAuthorization(stored(pending), await authorize(url), { dpopKey: request.dpopKey });
}

/** The client ID given for this issuer, the app's metadata document, or a registration, stored by issuer. */
async function identity({ given, user, registrations }, discovered, scopes) {
  const { authorizationServer, resourceMetadata } = discovered;
  const { issuer } = authorizationServer.document ?? authorizationServer;
  if (given.clientId) {
    return { client_id: given.clientId, client_secret: given.clientSecret, issuer: given.issuer ?? issuer };
  }
  if (authorizationServer.document?.client_id_metadata_document_supported) return { client_id: DOCUMENT_URL };
  const known = [...(scopes ?? discovered.scopes), ...(resourceMetadata?.document.scopes_supported ?? [])];
  const app = { clientName: "mcp-authorize", redirectUri: user.redirectUri, scopes: known };
  if (!registrations.has(issuer)) registrations.set(issuer, stored(await register(authorizationServer, app)));
  return registrations.get(issuer);
}

/** Sends a request with the token, and again after a refresh, a sign-in or a step-up. */
async function call(app, input, init, refreshed = false) {
  const response = await send(app, input, init);
  const challenge = response.headers.get("WWW-Authenticate") ?? "";
  if (response.status === 401 && app.signIns < SIGN_INS) {
    await renew(app, refreshed);
    return call(app, input, init, true);
  }
  if (response.status !== 403) return response;
  const scopes = await scopesForStepUp([...app.tokens.requested, ...app.tokens.granted], challenge);
  if (!scopes) return response;
  // MCP 2026-07-28 authorization, step-up: "clients … SHOULD limit retries".
  if (app.stepUps === STEP_UPS) {
    throw Object.assign(new Error("The server asks again for scopes that the user has granted."), {
      code: "insufficient_scope",
    });
  }
  app.stepUps += 1;
  await signIn(app, scopes);
  return call(app, input, init, refreshed);
}

/** Adds a proof for a bound token, and retries if the server asks for a nonce (RFC 9449 §9). */
async function send(app, input, init, isAgain = false) {
  const { access_token, token_type } = app.tokens;
  const { origin } = new URL(input);
  const headers = new Headers(init?.headers);
  headers.set("Authorization", `${token_type} ${access_token}`);
  if (token_type === "DPoP") {
    const request = { method: init?.method ?? "GET", url: input, accessToken: access_token };
    headers.set("DPoP", await dpopProof({ ...request, key: app.dpopKey, nonce: app.nonces.get(origin) }));
  }
  const response = await fetch(input, { ...init, headers });
  const nonce = response.headers.get("DPoP-Nonce");
  if (nonce) app.nonces.set(origin, nonce);
  return nonce && response.status === 401 && !isAgain ? send(app, input, init, true) : response;
}

async function renew(app, refreshed) {
  if (refreshed) return signIn(app);
  try {
    app.tokens = stored(await refresh(app.tokens, { dpopKey: app.dpopKey }));
  } catch (error) {
    if (error.code !== "session_expired") throw error;
    await signIn(app);
  }
}
