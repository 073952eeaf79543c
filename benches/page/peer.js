// An app with the official SDK. It has the same interface as tests/sessions/page/client.js, so that one bench can drive
// both.

import { BrowserProvider } from "./provider.js";

const { mcpUrl, clientIdMetadataUrl } = await (await fetch("/config.json")).json();

/** @param {{ auth: Function, withOAuth: Function, dpop?: object }} sdk */
export function start({ auth, withOAuth, dpop }) {
  let redirect;
  const app = {
    /** How often the SDK wanted to send the user to the sign-in page without a click. */
    surprises: 0,

    /** Signs in: the server asks for a token, the user signs in, and the code is exchanged. */
    async signIn() {
      const search = new Promise((resolve) => {
        addEventListener("message", ({ data, source }) => source !== window && resolve(data), { once: true });
      });
      let opened;
      redirect = (url) => void (opened = open(url));
      // The SDK rejects, because it can't wait for the user.
      const outcome = await this.fetch(mcpUrl, request(0)).catch((error) => error);
      if (!opened) throw outcome;
      const response = new URLSearchParams(await search);
      const iss = response.get("iss") ?? undefined;
      await auth(provider, { serverUrl: mcpUrl, authorizationCode: response.get("code"), iss });
      redirect = undefined;
    },

    async call(n = 1) {
      try {
        const response = await this.fetch(mcpUrl, request(n));
        const answer = await response.text();
        return answer.includes(`${n} + 1 = ${n + 1}`) ? "ok" : answer;
      } catch (error) {
        return error.name;
      }
    },

    calls(count) {
      return Promise.all(Array.from({ length: count }, (_, n) => this.call(n)));
    },
  };
  const provider = new BrowserProvider({
    redirectUrl: new URL("/peer-callback.html", location.href).href,
    redirect: (url) => (redirect ? redirect(url) : void (app.surprises += 1)),
    clientMetadataUrl: clientIdMetadataUrl,
    dpop,
  });
  app.provider = provider;
  app.fetch = withOAuth(provider, mcpUrl)(fetch);

  document.getElementById("sign-in").onclick = () => {
    app.signingIn = app.signIn();
    app.signingIn.catch(() => {});
  };
  globalThis.app = app;
}

const request = (n) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: n,
    method: "tools/call",
    params: { name: "add", arguments: { a: n, b: 1 } },
  }),
});
