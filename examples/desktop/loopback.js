// Sign-in of a desktop program by the user's own browser, whose answer comes to a port of this machine (RFC 8252 §7.3).

import { once } from "node:events";
import { createServer } from "node:http";
import { McpAuthorizer } from "mcp-authorize";

const PAGE = "You can close this window and go back to the app.";

/** `open` starts the user's browser: `shell.openExternal` in Electron. */
export async function signInByLoopback(server, { open, ...options }) {
  const listener = createServer();
  // RFC 8252 §8.3: the address, not "localhost".
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (listener.address());
  const redirectUri = `http://127.0.0.1:${port}/callback`;
  try {
    const authorizer = await McpAuthorizer.create({
      clientName: "Desktop example",
      redirectUri,
      ...options,
      authorize: async (url) => {
        const response = callback(listener, redirectUri);
        await open(url);
        return response;
      },
    });
    return await authorizer.signIn(server);
  } finally {
    listener.close();
    listener.closeAllConnections();
  }
}

/** The first request for the redirect URI. Browsers ask for icons, too. */
function callback(listener, redirectUri) {
  return new Promise((resolve) =>
    listener.on("request", (request, response) => {
      const url = new URL(request.url, redirectUri);
      const isIt = request.method === "GET" && url.pathname === "/callback" && url.search;
      response.writeHead(isIt ? 200 : 404, { "Content-Type": "text/plain", "Referrer-Policy": "no-referrer" });
      response.end(isIt ? PAGE : "");
      // Any program on this machine can send a request here. The library checks `state`.
      if (isIt) resolve(url);
    }),
  );
}
