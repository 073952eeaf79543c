// The demo's MCP server, for products that are only an authorization server.

import { once } from "node:events";
import { createServer } from "node:http";
import { authInfo, mcpServer, refused, tokenVerifier } from "../../www/servers/mcp-server.mjs";
import { portOf } from "../../www/servers/port.mjs";

/**
 * Listens at once, because the authorization server needs the URL as the tokens' audience. `protect` then sets whose tokens
 * it accepts.
 */
export async function resourceServer() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://localhost:${portOf(server)}/mcp`;
  return {
    url,

    /** @param {{ issuer: string, verify: import("../../www/servers/mcp-server.mjs").TokenVerifier, dpop?: boolean }} how */
    protect: ({ issuer, verify, dpop }) => void server.on("request", mcpServer({ url, issuer, verify, dpop })),
  };
}

/** For JWTs. The keys are at the `jwks_uri` of the authorization server's metadata; `typ` is that of the token's header. */
export async function verifyJwts({ url, metadataUrl, typ }) {
  const { issuer, jwks_uri: jwksUri } = await (await fetch(metadataUrl)).json();
  return tokenVerifier({ url, issuer, jwksUri, typ });
}

/**
 * For opaque tokens: asks the authorization server (RFC 7662).
 *
 * @param {object} options
 * @param {string} options.url the resource server's, which must be the token's audience
 * @param {string} options.endpoint
 * @param {Record<string, string>} [options.headers] the resource server's credentials
 * @returns {import("../../www/servers/mcp-server.mjs").TokenVerifier}
 */
export function introspectTokens({ url, endpoint, headers = {} }) {
  return async (token, key) => {
    const response = await fetch(endpoint, { method: "POST", headers, body: new URLSearchParams({ token }) });
    if (!response.ok) throw new Error(`The introspection endpoint answered ${response.status}`);
    const claims = await response.json();
    if (!claims.active) throw refused("it is not active");
    if (![claims.aud].flat().includes(url)) throw refused("it is for another resource");
    return authInfo(token, claims, key);
  };
}
