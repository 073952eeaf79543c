// The same attempt with the official client and a typical provider.

import { auth, withOAuth } from "@modelcontextprotocol/client";
import { startServer } from "./server.mjs";
import { CALLBACK } from "./shapes.mjs";

const LIMIT_MS = 20_000;
// The client warns of each failed refresh. The table has the result.
console.warn = () => {};

/**
 * The result of the attempt.
 *
 * @returns {Promise<{ server: any, status?: number, error?: any, asksAgain: boolean }>}
 */
export async function attemptOfficial(shape) {
  const server = await startServer(shape.changes);
  if (shape.path) server.mcpUrl = server.mcpOrigin + shape.path;
  // The official client supports only some of our options.
  const options = (typeof shape.options === "function" ? shape.options(server) : shape.options) ?? {};
  const provider = new MemoryProvider(options.clientId);
  /** @type {{ server: any, status?: number, error?: any, asksAgain: boolean }} */
  const world = { server, asksAgain: false };
  try {
    await within(LIMIT_MS, async () => {
      const request = withOAuth(provider, server.mcpUrl)(fetch);
      /** @returns {Promise<any>} */
      const call = () => request(server.mcpUrl, { method: "POST", body: "{}" });
      const first = await call().catch((error) => ({ error }));
      if (!provider.page) throw first.error ?? new Error(`It got status ${first.status}, and did not sign in.`);
      await signIn(provider, server);
      world.status = (await call()).status;
      if (shape.act !== "refresh") return;
      server.expire();
      provider.page = undefined;
      world.status = undefined;
      world.status = (await call()).status;
    });
  } catch (error) {
    world.error = error;
    world.asksAgain = Boolean(provider.page);
  }
  return world;
}

async function signIn(provider, server) {
  const response = await fetch(provider.page, { redirect: "manual" });
  const location = response.headers.get("location");
  if (!location) throw new Error(`The sign-in page answered ${response.status}.`);
  const parameters = new URL(location, CALLBACK).searchParams;
  if (parameters.has("error")) throw new Error(`The app gets ${parameters.get("error")}.`);
  const iss = parameters.get("iss") ?? undefined;
  await auth(provider, { serverUrl: server.mcpUrl, authorizationCode: parameters.get("code"), iss });
}

class MemoryProvider {
  redirectUrl = CALLBACK;
  clientMetadata = { client_name: "Live servers", redirect_uris: [CALLBACK] };
  #client;
  #tokens;
  #verifier;
  #discovered;
  page;

  constructor(clientId) {
    this.#client = clientId && { client_id: clientId };
  }

  state = () => "state";
  clientInformation = () => this.#client;
  saveClientInformation = (client) => void (this.#client = client);
  tokens = () => this.#tokens;
  saveTokens = (tokens) => void (this.#tokens = tokens);
  codeVerifier = () => this.#verifier;
  saveCodeVerifier = (verifier) => void (this.#verifier = verifier);
  discoveryState = () => this.#discovered;
  saveDiscoveryState = (state) => void (this.#discovered = state);
  redirectToAuthorization = (url) => void (this.page = url);
  invalidateCredentials(scope) {
    if (scope === "all" || scope === "client") this.#client = undefined;
    if (scope === "all" || scope === "tokens") this.#tokens = undefined;
  }
}

async function within(limit, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not end within ${limit / 1000} s.`)), limit);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
