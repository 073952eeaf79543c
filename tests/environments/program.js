// A program without a user, the same in each environment: gets tokens with its own credentials, calls, and refreshes
// them.

import { McpAuthorizer } from "mcp-authorize";
import { clientCredentials, discover } from "mcp-authorize/steps";

/**
 * @param {{ server: string, bySecret: { clientId: string, clientSecret: string, issuer: string }, byKey: { clientId: string, issuer: string, key: JsonWebKey } }} given
 * @returns the claims that the MCP server sees for each way to authenticate, and the results of users' sign-ins
 */
export async function run({ server, bySecret, byKey }) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", byKey.key, algorithm, false, ["sign"]);
  return {
    bySecret: await use(server, bySecret),
    bySteps: await step(server, bySecret),
    byKey: await use(server, { clientId: byKey.clientId, issuer: byKey.issuer, clientKey: { key } }),
    kept: { keepsKeys: "indexedDB" in globalThis, ...(await keep(server, bySecret)) },
    withUser: await Promise.all(
      ["popup", "redirect", "popup-or-redirect"].map((display) => signInUser(server, display)),
    ),
  };
}

/** The same with single steps. */
async function step(server, { clientId, clientSecret, issuer }) {
  const client = { client_id: clientId, client_secret: clientSecret, issuer };
  const { access_token } = await clientCredentials({ discovered: await discover(server), client });
  const withToken = (url, init) =>
    fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${access_token}` } });
  return whoami({ server, fetch: withToken });
}

/** The error code of a sign-in that needs a window, which does not exist here. */
async function signInUser(server, display) {
  const authorizer = await McpAuthorizer.create({
    clientName: "Test",
    redirectUri: "https://app.example/callback",
    display,
  });
  return authorizer.signIn(server).then(
    () => "signed in",
    ({ code }) => code,
  );
}

/** The claims of a session that is restored from the app's own store after a restart. */
async function keep(server, credentials) {
  const kept = new Map();
  const storage = {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
  };
  const start = () => McpAuthorizer.create({ ...credentials, storage, grant: { type: "client_credentials" } });
  await (await start()).signIn(server);
  const restored = await (await start()).restore(server);
  return whoami(restored);
}

async function use(server, credentials) {
  const authorizer = await McpAuthorizer.create({ ...credentials, grant: { type: "client_credentials" } });
  const session = await authorizer.signIn(server);
  const first = await whoami(session);
  await session.refresh();
  const second = await whoami(session);
  const restored = await authorizer.restore(server);
  return { first, second, restored: restored?.clientId, canRefresh: session.canRefresh };
}

async function whoami(session) {
  const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream" };
  const params = { name: "whoami", arguments: {} };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const response = await session.fetch(session.server, { method: "POST", headers, body });
  const [, answer] = /^data: (.*)$/m.exec(await response.text());
  return JSON.parse(JSON.parse(answer).result.content[0].text);
}
