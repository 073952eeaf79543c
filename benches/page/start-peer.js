import { BrowserProvider } from "./provider.js";

export function startPeer({ auth, withOAuth }) {
  const provider = new BrowserProvider({
    redirectUrl: new URL("/callback.html", location.href).href,
    redirect: (url) => open(url),
  });
  globalThis.signIn = (url) => auth(provider, { serverUrl: url });
  globalThis.withToken = (url) => withOAuth(provider, url)(fetch);
  globalThis.ready = performance.now();
}
