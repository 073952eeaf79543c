// Sign-in of a desktop or mobile shell by the user's own browser, which opens the app again by a scheme that the system
// knows it by (RFC 8252 §7.1). The scheme is a domain of the app's, backwards: `com.example.desktop`.

import { McpAuthorizer } from "mcp-authorize";

const REDIRECT_URI = "com.example.desktop:/callback";

/**
 * `open` starts the user's browser. `onOpened` has a function called with each URL that the system opens the app with: in
 * Electron `(listener) => app.on("open-url", (event, url) => listener(url))`, after
 * `app.setAsDefaultProtocolClient("com.example.desktop")`.
 */
export async function createDesktopAuthorizer({ open, onOpened, ...options }) {
  let came;
  onOpened((url) => {
    if (url.startsWith(REDIRECT_URI)) came?.(url);
  });
  return McpAuthorizer.create({
    clientName: "Desktop example",
    redirectUri: REDIRECT_URI,
    ...options,
    authorize: async (url) => {
      const response = new Promise((resolve) => (came = resolve));
      await open(url);
      return response;
    },
  });
}
