// Authorization server and MCP server in one Worker. The bundler replaces ORIGIN.

import { OAuthProvider } from "@cloudflare/workers-oauth-provider";

const page = (name, handle, scope) => `<!doctype html><title>Consent</title><form method="post">
  <input type="hidden" name="handle" value="${handle}"><input type="hidden" name="scope" value="${scope.join(" ")}">
  <p>Allow ${name.replace(/[&<>"']/g, "")}?</p><button>Allow</button></form>`;

/** The consent page. */
const defaultHandler = {
  async fetch(request, env) {
    if (new URL(request.url).pathname !== "/authorize") return new Response("Not found", { status: 404 });
    const oauth = env.OAUTH_PROVIDER;
    if (request.method === "GET") {
      const authRequest = await oauth.parseAuthRequest(request);
      const details = await oauth.describeConsent(authRequest);
      const { headers, handle } = await oauth.beginConsent(authRequest);
      headers.set("Content-Type", "text/html; charset=utf-8");
      return new Response(page(details.clientName, handle, details.scope), { headers });
    }
    const form = await request.formData();
    const scope = String(form.get("scope")).split(" ").filter(Boolean);
    const approved = await oauth.approveConsent(request, String(form.get("handle")), { scope });
    const { redirectTo } = await oauth.completeAuthorization({
      request: approved.request,
      userId: "alice",
      metadata: {},
      scope: approved.request.scope,
      props: { userId: "alice" },
    });
    approved.headers.set("Location", redirectTo);
    return new Response(null, { status: 302, headers: approved.headers });
  },
};

/** A minimal MCP server: one tool, no sessions. */
const apiHandler = {
  async fetch(request) {
    const { id, params } = await request.json();
    const { a, b } = params.arguments;
    return Response.json({
      jsonrpc: "2.0",
      id,
      result: { content: [{ type: "text", text: `${a} + ${b} = ${a + b}` }] },
    });
  },
};

export default new OAuthProvider({
  apiRoute: "/mcp",
  apiHandler,
  defaultHandler,
  authorizeEndpoint: "/authorize",
  tokenEndpoint: "/oauth/token",
  clientRegistrationEndpoint: "/oauth/register",
  scopesSupported: ["mcp:read", "offline_access"],
  requiredScopes: ["mcp:read"],
  resourceMetadata: { resource: `${ORIGIN}/mcp`, authorization_servers: [ORIGIN] },
});
