// The MCP server: a few tools that need an access token. It is a resource server (RFC 9728): it names its authorization server,
// checks the tokens from there, and issues none. It accepts tokens that are bound to a key (DPoP, RFC 9449) only with a proof
// of that key, and others as Bearer tokens (RFC 6750).

import { toNodeHandler } from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  fromJsonSchema,
  getOAuthProtectedResourceMetadataUrl,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
  requireScopes,
} from "@modelcontextprotocol/server";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { answerPreflight, withoutCors } from "./cors.mjs";
import { ALGORITHMS, ProofError, proofVerifier } from "./dpop.mjs";
import { SCOPES } from "./scopes.mjs";

/** Headers that an MCP client sends (Streamable HTTP), and that a page needs permission to send. */
const REQUEST_HEADERS =
  "Authorization, Content-Type, DPoP, Last-Event-ID, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id";

export { SCOPES };

/**
 * @param {object} options
 * @param {string} options.url the URL at which this server is reached
 * @param {string} options.issuer the authorization server whose tokens it takes
 * @param {boolean} [options.dpop] whether it takes tokens that are bound to a key
 * @param {boolean} [options.dpopNonces] whether proofs need a nonce of its own
 * @param {Partial<import("./switches.mjs").Switches>} [options.switches] looked up with each request
 * @param {TokenVerifier} [options.verify] says what a token is good for; by default the issuer's JWTs are taken
 * @returns {import("node:http").RequestListener}
 */
export function mcpServer({
  url,
  issuer,
  dpop = true,
  dpopNonces = false,
  switches = {},
  verify = tokenVerifier({ url, issuer, jwksUri: `${issuer}/jwks` }),
}) {
  const metadataUrl = getOAuthProtectedResourceMetadataUrl(new URL(url));
  const metadata = {
    resource: url,
    authorization_servers: [issuer],
    scopes_supported: SCOPES,
    bearer_methods_supported: ["header"],
    dpop_signing_alg_values_supported: dpop ? ALGORITHMS : undefined,
    resource_name: "Demo notes",
  };

  const proofs = proofVerifier({ url, nonces: dpopNonces });

  /** The claims of the token, or the response that refuses it. */
  async function authorize({ method, headers }) {
    const [scheme, token = ""] = (headers.get("authorization") ?? "").split(" ");
    let key;
    if (dpop && scheme.toLowerCase() === "dpop") {
      try {
        key = await proofs.verify({ proof: headers.get("dpop"), method, token });
      } catch (error) {
        return refuse(error);
      }
    }
    // The SDK only supports Bearer tokens. The verifier checks whether a token is bound to the key.
    const gate = requireBearerAuth({
      verifier: { verifyAccessToken: (token) => verify(token, key) },
      requiredScopes: ["mcp:read"],
      resourceMetadataUrl: metadataUrl,
    });
    const authorization = scheme && `${key ? "Bearer" : scheme} ${token}`;
    const authorized = await gate(new Request(url, { headers: { authorization } }));
    if (dpop && authorized instanceof Response && authorized.status === 401)
      authorized.headers.append("WWW-Authenticate", challenge());
    return authorized;
  }

  /** RFC 9449 §7.1, §9. */
  function refuse(error) {
    if (!(error instanceof ProofError)) throw error;
    const { code, message } = error;
    const headers = new Headers({ "WWW-Authenticate": challenge({ error: code, error_description: message }) });
    const nonce = proofs.nonce();
    if (nonce) headers.set("DPoP-Nonce", nonce);
    return Response.json({ error: code, error_description: message }, { status: 401, headers });
  }

  const challenge = (parameters) => {
    const all = Object.entries({ ...parameters, algs: ALGORITHMS.join(" ") });
    return `DPoP ${all.map(([name, value]) => `${name}="${value.replaceAll('"', "'")}"`).join(", ")}`;
  };

  const notes = new Map([
    ["1", "Buy milk"],
    ["2", "Call Ada"],
  ]);
  const mcp = createMcpHandler(({ authInfo }) => tools(authInfo, notes));

  const handle = toNodeHandler({
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === new URL(metadataUrl).pathname) return Response.json(metadata);
      if (pathname !== new URL(url).pathname) return new Response("Not found", { status: 404 });
      const authorized = await authorize(request);
      return authorized instanceof Response ? authorized : mcp.fetch(request, { authInfo: authorized });
    },
  });

  return (request, response) => {
    if (switches.withoutCors) withoutCors(response);
    // Before the token is checked: a preflight has none, and pages must be able to read a 401. Without `expose`, they can't
    // read the challenge.
    const preflight = answerPreflight(request, response, {
      methods: "GET, POST, DELETE",
      headers: REQUEST_HEADERS,
      expose: `${switches.hiddenChallenge ? "" : "WWW-Authenticate, "}Mcp-Session-Id, DPoP-Nonce, Retry-After, Date`,
    });
    if (!preflight) void handle(request, response);
  };
}

/**
 * The claims of a token, or a rejection with an `OAuthError`. `key` is the thumbprint of the key in the caller's proof, if there
 * is one.
 *
 * @typedef {(token: string, key?: string) => Promise<import("@modelcontextprotocol/server").AuthInfo & { token: string }>}
 *   TokenVerifier
 */

/**
 * Accepts only JWT access tokens of this issuer, for this server and for the key of the caller.
 *
 * @param {object} options
 * @param {string} options.url
 * @param {string} options.issuer
 * @param {string} options.jwksUri
 * @param {string} [options.typ] the type in the token's header; RFC 9068 §2.1 has this one
 * @returns {TokenVerifier}
 */
export function tokenVerifier({ url, issuer, jwksUri, typ = "at+jwt" }) {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  return async (token, key) => {
    const { payload } = await jwtVerify(token, keys, { issuer, audience: url, typ }).catch((error) => {
      throw refused(error.code ?? error.name);
    });
    return authInfo(token, payload, key);
  };
}

/**
 * The claims of a token that is valid (RFC 9068 §2.2, RFC 7662 §2.2), for who has shown the key.
 *
 * @returns {import("@modelcontextprotocol/server").AuthInfo & { token: string }}
 */
export function authInfo(token, claims, key) {
  // RFC 9449 §7.1, §7.2: a token that is bound to a key is only valid with that key, and is not a Bearer token.
  if (claims.cnf?.jkt !== key) throw refused("it is bound to another key, or to none");
  return {
    token,
    clientId: claims.client_id,
    scopes: claims.scope?.split(" ") ?? [],
    expiresAt: claims.exp,
    extra: claims,
  };
}

export const refused = (reason) =>
  new OAuthError(OAuthErrorCode.InvalidToken, `The access token is not accepted (${reason})`);

function tools(authInfo, notes) {
  const server = new McpServer({ name: "demo-notes", version: "1.0.0" });

  server.registerTool(
    "whoami",
    { title: "Who am I", description: "What the access token says about you.", inputSchema: object({}) },
    () => {
      const { sub, iss, aud, scope, client_id, exp, cnf } = authInfo.extra;
      return text(JSON.stringify({ sub, iss, aud, scope, client_id, exp, cnf }, null, 2));
    },
  );

  server.registerTool(
    "add",
    {
      title: "Add",
      description: "Adds two numbers.",
      inputSchema: object({
        a: { type: "number", description: "The first number" },
        b: { type: "number", description: "The second number" },
      }),
    },
    ({ a, b }) => text(`${a} + ${b} = ${a + b}`),
  );

  server.registerTool("list_notes", { title: "List notes", description: "All notes.", inputSchema: object({}) }, () =>
    text([...notes].map(([id, note]) => `${id}: ${note}`).join("\n") || "There are no notes."),
  );

  server.registerTool(
    "write_note",
    {
      title: "Write a note",
      description: "Keeps a note until the demo ends. Needs the scope mcp:write.",
      inputSchema: object({ note: { type: "string", description: "What to remember", minLength: 1 } }),
      // If the token lacks it, the response is 403 with `insufficient_scope` (RFC 6750 §3.1), before the tool runs.
      scopeChallenge: requireScopes("mcp:write"),
    },
    ({ note }) => {
      const id = String(notes.size + 1);
      notes.set(id, note);
      return text(`Note ${id} is kept: ${note}`);
    },
  );

  return server;
}

/** @returns {any} */
const object = (properties) =>
  fromJsonSchema({ type: "object", properties, required: Object.keys(properties), additionalProperties: false });

/** @returns {import("@modelcontextprotocol/server").CallToolResult} */
const text = (text) => ({ content: [{ type: "text", text }] });
