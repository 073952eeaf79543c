// A backend that signs its users in to an MCP server and stores the tokens. The page gets a cookie and never a token. Any
// number of instances can share the store.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { beginAuthorization, discover, finishAuthorization, refresh, register, revoke } from "mcp-authorize/steps";

/**
 * `store` has `get(key)`, `set(key, value)`, `take(key)`, which gets and deletes in one step, and `lock(key, work)`, which
 * runs one piece of work at a time across all instances. It holds secrets: encrypt it if others can read it.
 */
export function createBackend({ origin, mcpUrl, store }) {
  const redirectUri = `${origin}/callback`;

  const routes = {
    "GET /login": async ({ session, response }) => {
      const { discovered, client } = await identity();
      const { url, pending } = await beginAuthorization({ discovered, client, redirectUri });
      // The key includes the user's session, so that nobody else can finish or cancel this sign-in.
      await store.set(`pending ${session} ${pending.state}`, pending);
      redirect(response, url);
    },

    "GET /callback": async ({ session, request, response }) => {
      const url = new URL(request.url, redirectUri);
      const pending = await store.take(`pending ${session} ${url.searchParams.get("state")}`);
      if (!pending) return send(response, 400, "This sign-in is not known here. Please begin again.");
      try {
        await store.set(`tokens ${session}`, await finishAuthorization(pending, url));
      } catch (error) {
        console.warn(error.code, error.message);
        return send(response, 400, error.userMessage);
      }
      redirect(response, "/");
    },

    "POST /mcp": async ({ session, request, response }) => {
      const tokens = await goodTokens(session);
      if (!tokens) return send(response, 401, "Please sign in.");
      const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
      const answer = await fetch(mcpUrl, {
        method: "POST",
        headers: { ...headers, Authorization: `Bearer ${tokens.access_token}` },
        body: await text(request),
        // The token is for this URL only, so no redirect is followed.
        redirect: "error",
      });
      response.writeHead(answer.status, { "Content-Type": answer.headers.get("content-type") ?? "text/plain" });
      for await (const part of answer.body ?? []) response.write(part);
      response.end();
    },

    "POST /logout": async ({ session, response }) => {
      const tokens = await store.take(`tokens ${session}`);
      if (tokens) await revoke(tokens);
      send(response, 204);
    },
  };

  /** What is the same for all users: the servers' documents, and the app's registration there. */
  function identity() {
    return store.lock("identity", async () => {
      const discovered = await discover(mcpUrl);
      const { issuer } = discovered.authorizationServer;
      const { scopes } = discovered;
      const client =
        (await store.get(`client ${issuer}`)) ??
        (await register(discovered.authorizationServer, { clientName: "Backend example", redirectUri, scopes }));
      await store.set(`client ${issuer}`, client);
      return { discovered, client };
    });
  }

  /** A refresh token works once: one instance refreshes at a time, and stores the new tokens before it uses them. */
  function goodTokens(session) {
    return store.lock(`tokens ${session}`, async () => {
      const tokens = await store.get(`tokens ${session}`);
      if (!tokens || !(tokens.refresh_at <= Date.now())) return tokens;
      try {
        const renewed = await refresh(tokens);
        await store.set(`tokens ${session}`, renewed);
        return renewed;
      } catch (error) {
        if (error.code !== "session_expired") throw error;
        await store.take(`tokens ${session}`);
        return undefined;
      }
    });
  }

  return createServer(async (request, response) => {
    const route = routes[`${request.method} ${new URL(request.url, origin).pathname}`];
    if (!route) return send(response, 404, "Not found.");
    // A form on another site can send a POST with the cookie, but not with this origin.
    if (request.method === "POST" && request.headers.origin !== origin) return send(response, 403, "Not from there.");
    try {
      await route({ session: sessionOf(request, response), request, response });
    } catch (error) {
      console.warn(error.code, error.message);
      if (response.headersSent) return response.destroy();
      send(response, 502, error.userMessage ?? "The server can't be reached.");
    }
  });
}

/** The user's own session with this app: a random name in a cookie that no script can read. */
function sessionOf(request, response) {
  const known = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
  const session = known ?? randomUUID();
  // Lax, so that it is sent when the authorization server redirects the user back. Add Secure in production.
  if (!known) response.setHeader("Set-Cookie", `session=${session}; HttpOnly; SameSite=Lax; Path=/`);
  return session;
}

function redirect(response, url) {
  response.writeHead(303, { Location: url, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store" }).end();
}

function send(response, status, text = "") {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" }).end(text);
}
