// One attempt of a program with the package to sign in at a server with a certain deviation.

import { startServer } from "./server.mjs";
import { CALLBACK } from "./shapes.mjs";

/**
 * Signs in at the shape's server and calls it. `McpAuthorizer` is the package's class, `page` opens the authorization
 * URL for the user and returns the URL of the redirect.
 *
 * @returns {Promise<Record<string, any>>} `{ server, status?, error?, session?, authorizer, events, authorized }`: the
 *   result, and the parameters of the authorization URL
 */
export async function attempt(shape, McpAuthorizer, page = followRedirect) {
  const server = await startServer(shape.changes);
  if (shape.path) server.mcpUrl = server.mcpOrigin + shape.path;
  /** @type {Record<string, any>} */
  const world = { server, events: [], authorized: undefined };
  try {
    const options = typeof shape.options === "function" ? shape.options(server) : shape.options;
    world.authorizer = await McpAuthorizer.create({
      clientName: "Live servers",
      redirectUri: CALLBACK,
      storage: memory(),
      requestTimeout: 5000,
      authorize: (url) => {
        world.authorized = Object.fromEntries(new URL(url).searchParams);
        return page(url);
      },
      ...options,
    });
    for (const type of ["signed-out", "refreshed"]) {
      world.authorizer.addEventListener(type, ({ detail }) => world.events.push({ type, ...detail }));
    }
    world.session = await world.authorizer.signIn(server.mcpUrl);
    world.status = await call(world);
    if (shape.act === "refresh") {
      server.expire();
      world.status = undefined;
      world.status = await call(world);
    }
  } catch (error) {
    world.error = error;
  }
  return world;
}

/** The status of a call with the session. */
export async function call(/** @type {Record<string, any>} */ { session, server }) {
  const response = await session.fetch(server.mcpUrl, { method: "POST", body: "{}" });
  return response.status;
}

/** The user consents at once. */
async function followRedirect(url) {
  const response = await fetch(url, { redirect: "manual" });
  const location = response.headers.get("location");
  if (!location) throw new Error(`The sign-in page answered ${response.status}: ${await response.text()}`);
  return location;
}

/** A store that a second authorizer could share. */
function memory() {
  const records = new Map();
  return {
    get: async (key) => records.get(key),
    set: async (key, value) => void records.set(key, value),
    delete: async (key) => void records.delete(key),
  };
}
