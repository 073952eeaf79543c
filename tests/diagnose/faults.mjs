// Broken servers with one fault each, the finding that must name it, and the error of a sign-in.

const PRM = "/.well-known/oauth-protected-resource/mcp";
const AS = "/.well-known/oauth-authorization-server";
const OPENID = "/.well-known/openid-configuration";
const OPEN = { "Access-Control-Allow-Origin": "*" };

/** Removes or changes a header at some paths. */
const header =
  (paths, name, value) =>
  ({ path, headers }) => {
    if (!paths.includes(path)) return;
    headers(({ get, set, remove }) => {
      if (value === undefined) remove(name);
      else if (get(name)) set(name, value(String(get(name))));
    });
  };
const noCors = (...paths) => header(paths, "access-control-allow-origin");
const without = (entry) => (list) =>
  list
    .split(", ")
    .filter((name) => name !== entry)
    .join(", ");
const notAllowed = (path, entry) => header([path], "access-control-allow-headers", without(entry));

/** Replaces the preflight's list of allowed headers. */
const allowed =
  (path, ...list) =>
  (exchange) =>
    exchange.request.method === "OPTIONS" && header([path], "access-control-allow-headers", () => list)(exchange);

const answers =
  (paths, status, body, headers = OPEN) =>
  ({ path, request, answer }) =>
    paths.includes(path) && request.method !== "OPTIONS" && answer(status, body, headers);

/** Changes members of a JSON document; `undefined` removes one. */
const json =
  (paths, change) =>
  async ({ path, intact, answer }) =>
    paths.includes(path) && answer(200, { ...(await (await intact(path)).json()), ...change }, OPEN);
const metadata = (change) => json([AS, OPENID], change);

const CALL = "Authorization, Content-Type, Mcp-Protocol-Version, Mcp-Session-Id, DPoP";
const CALL_HEADERS = `Access-Control-Allow-Headers: ${CALL}`;

/** Lists that allow all headers of a page (Fetch §4.8), so the diagnosis reports no failure. */
export const LISTS = [
  ["*, Authorization"],
  [" ,AUTHORIZATION,\t*,,"],
  [CALL.toUpperCase()],
  [CALL.toLowerCase().replaceAll(", ", ",")],
  ["Authorization", "Content-Type, Mcp-Protocol-Version, Mcp-Session-Id, DPoP"],
  ["*", "Authorization"],
].map((list) => ({
  name: `nothing (the preflight of calls allows ${JSON.stringify(list)})`,
  fault: { mcp: allowed("/mcp", ...list) },
  id: null,
  error: "signed in",
}));

const HTML = "<!doctype html><title>Welcome</title>";
const LONG = { padding: "x".repeat(2_000_000) };

/** @type {{ name: string, fault: import("./farm.mjs").Fault, id: string, remedy: string | RegExp, detail?: RegExp, error: string }[]} */
export const FAULTS = [
  // The MCP server
  {
    name: "the MCP server is down",
    fault: { down: "mcp" },
    id: "challenge.reachable",
    remedy: /listen/,
    error: "network challenge",
  },
  {
    name: "the MCP server never answers",
    fault: { mcp: () => true },
    id: "challenge.reachable",
    remedy: /time/,
    error: "timeout challenge",
  },
  {
    name: "no Access-Control-Allow-Origin at the MCP endpoint",
    fault: { mcp: noCors("/mcp") },
    id: "challenge.cors",
    // Calls need the header, too, and can't be checked before this is fixed.
    remedy:
      /^To OPTIONS.* Authorization, Content-Type, Mcp-Protocol-Version, Mcp-Session-Id; to POST: Access-Control-Allow-Origin: http/,
    error: "cors_blocked request",
  },
  {
    name: "WWW-Authenticate is not exposed",
    fault: { hinted: true, mcp: header(["/mcp"], "access-control-expose-headers", without("WWW-Authenticate")) },
    id: "challenge.header",
    remedy: "Access-Control-Expose-Headers: WWW-Authenticate",
    error: "metadata_not_found resource_metadata",
  },
  {
    name: "no WWW-Authenticate at all",
    fault: { hinted: true, mcp: header(["/mcp"], "www-authenticate") },
    id: "challenge.header",
    remedy: /WWW-Authenticate/,
    error: "metadata_not_found resource_metadata",
  },
  {
    name: "the challenge names metadata at a URL without TLS",
    fault: {
      mcp: header(["/mcp"], "www-authenticate", (challenge) =>
        challenge.replaceAll(/http:\/\/localhost:\d+/g, "http://mcp.example"),
      ),
    },
    id: "challenge.resource_metadata",
    remedy: /https/,
    error: "insecure_url resource_metadata",
  },
  ...["Authorization", "Content-Type", "Mcp-Protocol-Version", "DPoP"].map((name) => ({
    name: `the preflight of calls does not allow ${name}`,
    fault: { mcp: notAllowed("/mcp", name) },
    id: "request.cors",
    // The whole list, because a header with only the missing name would disallow the others.
    remedy: CALL_HEADERS,
    error: "cors_blocked request",
  })),
  ...["*", "*, Content-Type", " * ,mcp-session-id,"].map((list) => ({
    name: `the preflight of calls allows ${JSON.stringify(list)}`,
    fault: { mcp: allowed("/mcp", list) },
    id: "request.cors",
    remedy: CALL_HEADERS,
    detail: /^Not allowed: Authorization\. "\*" in Access-Control-Allow-Headers does not cover Authorization\.$/,
    // Fetch §4.8 refuses it; Chromium does not yet.
    error: "signed in",
  })),
  ...[CALL.replace(", ", "; "), CALL.replaceAll(",", ""), `"*"`, `*, Authorization, (all)`, "*, é"].map((list) => ({
    name: `the preflight of calls has an invalid list of headers: ${list}`,
    fault: { mcp: allowed("/mcp", list) },
    id: "request.cors",
    remedy: /^To OPTIONS.* Access-Control-Allow-Headers: Authorization, Content-Type, /,
    error: "cors_blocked request",
  })),
  {
    name: "the preflight of calls is answered with 401",
    fault: {
      mcp: ({ path, request, answer }) => path === "/mcp" && request.method === "OPTIONS" && answer(401, "", OPEN),
    },
    id: "request.cors",
    remedy: /^To OPTIONS/,
    error: "cors_blocked request",
  },
  // Resource metadata
  {
    name: "no resource metadata",
    fault: { mcp: answers([PRM], 404) },
    id: "resource_metadata.found",
    remedy: /"authorization_servers"/,
    error: "metadata_not_found resource_metadata",
  },
  {
    name: "no Access-Control-Allow-Origin at the resource metadata",
    fault: { mcp: noCors(PRM) },
    id: "resource_metadata.cors",
    remedy: /^Access-Control-Allow-Origin: http/,
    error: "cors_blocked resource_metadata",
  },
  {
    name: "HTML in place of the resource metadata",
    fault: { mcp: answers([PRM], 200, HTML) },
    id: "resource_metadata.json",
    remedy: "Content-Type: application/json",
    error: "invalid_response resource_metadata",
  },
  {
    name: "two megabytes of resource metadata",
    fault: { mcp: answers([PRM], 200, LONG) },
    id: "resource_metadata.json",
    remedy: /document/,
    error: "response_too_large resource_metadata",
  },
  {
    name: "resource metadata of another resource",
    fault: { mcp: json([PRM], { resource: "https://elsewhere.example/mcp" }) },
    id: "resource_metadata.resource",
    remedy: /^"resource": "http:\/\/localhost:\d+\/mcp"$/,
    error: "resource_mismatch resource_metadata",
  },
  {
    name: "resource metadata without authorization servers",
    fault: { mcp: json([PRM], { authorization_servers: [] }) },
    id: "resource_metadata.authorization_servers",
    remedy: /^"authorization_servers"/,
    error: "invalid_response resource_metadata",
  },
  {
    name: "an authorization server without TLS",
    fault: { mcp: json([PRM], { authorization_servers: ["http://as.example"] }) },
    id: "resource_metadata.https",
    remedy: '"authorization_servers": ["https://as.example"]',
    error: "insecure_url resource_metadata",
  },
  // Authorization server metadata
  {
    name: "the authorization server is down",
    fault: { down: "as" },
    id: "authorization_server_metadata.found",
    remedy: /listen/,
    error: "network authorization_server_metadata",
  },
  {
    name: "no authorization server metadata",
    fault: { as: answers([AS, OPENID], 404) },
    id: "authorization_server_metadata.found",
    remedy: /"issuer"/,
    error: "metadata_not_found authorization_server_metadata",
  },
  {
    name: "no Access-Control-Allow-Origin at the authorization server metadata",
    fault: { as: noCors(AS, OPENID) },
    id: "authorization_server_metadata.cors",
    remedy: /^Access-Control-Allow-Origin: http/,
    error: "cors_blocked authorization_server_metadata",
  },
  {
    name: "HTML in place of the authorization server metadata",
    fault: { as: answers([AS, OPENID], 200, HTML) },
    id: "authorization_server_metadata.json",
    remedy: "Content-Type: application/json",
    error: "invalid_response authorization_server_metadata",
  },
  {
    name: "metadata of another issuer",
    fault: { as: metadata({ issuer: "https://elsewhere.example" }) },
    id: "authorization_server_metadata.issuer",
    remedy: /^"issuer": "http:\/\/localhost:\d+"$/,
    error: "issuer_mismatch authorization_server_metadata",
  },
  {
    name: "metadata without PKCE methods",
    fault: { as: metadata({ code_challenge_methods_supported: undefined }) },
    id: "authorization_server_metadata.pkce",
    remedy: '"code_challenge_methods_supported": ["S256"]',
    error: "pkce_unsupported authorization_server_metadata",
  },
  {
    name: "PKCE with plain only",
    fault: { as: metadata({ code_challenge_methods_supported: ["plain"] }) },
    id: "authorization_server_metadata.pkce",
    remedy: '"code_challenge_methods_supported": ["S256"]',
    error: "pkce_unsupported authorization_server_metadata",
  },
  {
    name: "an authorization endpoint without TLS",
    fault: { as: metadata({ authorization_endpoint: "http://as.example/auth" }) },
    id: "authorization_server_metadata.https",
    remedy: '"authorization_endpoint": "https://…"',
    error: "insecure_url authorization_server_metadata",
  },
  {
    name: "a token endpoint with a javascript: URL",
    fault: { as: metadata({ token_endpoint: "javascript:alert(1)" }) },
    id: "authorization_server_metadata.https",
    remedy: '"token_endpoint": "https://…"',
    error: "insecure_url authorization_server_metadata",
  },
  {
    name: "no token endpoint",
    fault: { as: metadata({ token_endpoint: undefined }) },
    id: "authorization_server_metadata.token_endpoint",
    remedy: '"token_endpoint": "https://…"',
    error: "invalid_response authorization_server_metadata",
  },
  {
    name: "no authorization endpoint",
    fault: { as: metadata({ authorization_endpoint: undefined, pushed_authorization_request_endpoint: undefined }) },
    id: "authorization_server_metadata.authorization_endpoint",
    remedy: '"authorization_endpoint": "https://…"',
    error: "invalid_response authorization_server_metadata",
  },
  {
    name: "no way to register",
    fault: { as: metadata({ registration_endpoint: undefined, client_id_metadata_document_supported: undefined }) },
    id: "authorization_server_metadata.registration",
    remedy: '"registration_endpoint": "https://…"',
    error: "registration_unsupported registration",
  },
  {
    name: "authorization_servers lists the URL of the metadata",
    fault: {
      mcp: async ({ path, intact, answer }) => {
        if (path !== PRM) return;
        const document = await (await intact(path)).json();
        return answer(200, { ...document, authorization_servers: [document.authorization_servers[0] + AS] }, OPEN);
      },
    },
    id: "resource_metadata.authorization_servers",
    remedy: /^"authorization_servers": \["http:\/\/localhost:\d+"\]$/,
    // For unknown paths, this authorization server sends no CORS headers.
    error: "cors_blocked authorization_server_metadata",
  },
  // Endpoints
  {
    name: "registration is closed",
    fault: { as: answers(["/reg"], 401) },
    id: "registration.open",
    remedy: /clientId/,
    error: "registration_failed registration",
  },
  {
    name: "the token endpoint does not accept forms",
    fault: { as: answers(["/token"], 415, HTML) },
    id: "token.answer",
    remedy: /x-www-form-urlencoded/,
    error: "http_status token",
  },
  {
    name: "no Access-Control-Allow-Origin at the registration endpoint",
    fault: { as: noCors("/reg") },
    id: "registration.cors",
    remedy:
      /^To OPTIONS.* 204 .*Access-Control-Allow-Headers: Content-Type; to POST: Access-Control-Allow-Origin: http/,
    error: "cors_blocked registration",
  },
  {
    name: "no preflight at the registration endpoint",
    fault: {
      as: ({ path, request, answer }) => path === "/reg" && request.method === "OPTIONS" && answer(404, "", OPEN),
    },
    id: "registration.preflight",
    remedy: /^To OPTIONS.* 204 .*Access-Control-Allow-Headers: Content-Type$/,
    error: "cors_blocked registration",
  },
  {
    name: "no Access-Control-Allow-Origin at the token endpoint",
    fault: { as: noCors("/token") },
    id: "token.cors",
    remedy: /^Access-Control-Allow-Origin: http/,
    error: "cors_blocked token",
  },
  {
    name: "the preflight of the token endpoint does not allow DPoP",
    fault: {
      as: header(["/token"], "access-control-allow-headers", (list) =>
        list
          .split(",")
          .filter((name) => !/dpop/i.test(name))
          .join(","),
      ),
    },
    id: "token.dpop",
    remedy: /^To OPTIONS.* 204 .*Access-Control-Allow-Headers: DPoP$/,
    error: "cors_blocked token",
  },
  {
    name: "the token endpoint is not where the metadata says",
    fault: { as: answers(["/token"], 404, HTML, { ...OPEN }) },
    id: "token.answer",
    remedy: /400/,
    error: "http_status token",
  },
  {
    name: "the token endpoint answers 500",
    fault: { as: answers(["/token"], 500, HTML, { ...OPEN }) },
    id: "token.answer",
    remedy: /400/,
    error: "http_status token",
  },
];
