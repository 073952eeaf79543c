// Measures what a browser downloads for the whole flow, bundled and minified.

import { size } from "../scripts/size.mjs";
import { number, sizes } from "../scripts/sizes.mjs";
import { bundle } from "./peers.mjs";

const SDK = "@modelcontextprotocol/sdk/client";
const V2 = "@modelcontextprotocol/client";

/** The imports that an app needs for discovery, registration, sign-in, exchange and refresh. */
const PEERS = [
  ["official client 2.4.0: auth, withOAuth", `export { auth, withOAuth, UnauthorizedError } from "${V2}";`],
  ["the same with DPoP", `export { auth, withOAuth, UnauthorizedError, DpopSession } from "${V2}";`],
  [
    "the same, whole client and transport",
    `export { Client, StreamableHTTPClientTransport, auth, withOAuth, UnauthorizedError } from "${V2}";`,
  ],
  [
    "official SDK 1.32.2: auth, withOAuth",
    `export { auth, UnauthorizedError } from "${SDK}/auth.js"; export { withOAuth } from "${SDK}/middleware.js";`,
  ],
  [
    "use-mcp 0.0.21 with that",
    `export { BrowserOAuthClientProvider, onMcpAuthorization } from "use-mcp"; export { auth } from "${SDK}/auth.js";`,
  ],
  ["@ai-sdk/mcp 2.0.99: auth", `export { auth, UnauthorizedError } from "@ai-sdk/mcp";`],
  ["oidc-client-ts 3.5.0", `export { UserManager, WebStorageStateStore } from "oidc-client-ts";`],
  [
    "openid-client 6.9.0: 12 functions",
    `export { discovery, dynamicClientRegistration, randomPKCECodeVerifier, calculatePKCECodeChallenge, randomState,
      buildAuthorizationUrl, authorizationCodeGrant, refreshTokenGrant, tokenRevocation, fetchProtectedResource,
      getDPoPHandle, randomDPoPKeyPair } from "openid-client";`,
  ],
  [
    "oauth4webapi 3.8.8: 20 functions, no orchestration",
    `export { resourceDiscoveryRequest, processResourceDiscoveryResponse, discoveryRequest, processDiscoveryResponse,
      dynamicClientRegistrationRequest, processDynamicClientRegistrationResponse, generateRandomCodeVerifier,
      calculatePKCECodeChallenge, generateRandomState, validateAuthResponse, authorizationCodeGrantRequest,
      processAuthorizationCodeResponse, refreshTokenGrantRequest, processRefreshTokenResponse, revocationRequest,
      processRevocationResponse, protectedResourceRequest, DPoP, None, generateKeyPair } from "oauth4webapi";`,
  ],
  ["@atproto/oauth-client-browser 0.5.7", `export { BrowserOAuthClient } from "@atproto/oauth-client-browser";`],
];

export const title = "Size: what a browser downloads";
export const about = `Bytes, bundled and minified by esbuild. This package includes the popup, storage, locks, DPoP and all grants, and it is not the
smallest. What the others leave to the app:

- The official client and the official SDK 1.32.2 have no popup, no storage and no locks. The app's author writes a provider.
- use-mcp adds a popup, for React only, and keeps tokens in localStorage.
- atproto's client signs in to its own network only.
- oidc-client-ts supports neither protected resource metadata nor registration.
- openid-client and oauth4webapi have the single steps. The app puts them in order.

An app that needs no more than that downloads less with them. mcp-use is not in the table: it installs 200 MB, and its bundle
is larger than 200 kB (brotli).`;
export const columns = ["client", "raw", "gzip -9", "brotli 11", "brotli, to ours"];

export async function bench(progress) {
  progress("this package");
  const { total, goal } = await size();
  /** @type {{ client: string, raw: number, gzip: number, brotli: number, ratio: number, goal?: number }[]} */
  const rows = [{ client: "mcp-authorize", ...total, ratio: 1, goal }];
  for (const [client, contents] of PEERS) {
    progress(client);
    const measured = sizes(await bundle({ contents }));
    rows.push({ client, ...measured, ratio: measured.brotli / total.brotli });
  }
  return rows;
}

export const goal = "at most 84,000 bytes brotli, 0.95 of the official client with DPoP";
export const met = ([{ brotli, goal }]) => brotli <= goal;
export const row = ({ client, raw, gzip, brotli, ratio }) => [
  client,
  number(raw),
  number(gzip),
  number(brotli),
  `× ${ratio.toFixed(2)}`,
];

/** For the README: what, goal, our result, the official client's. */
export const summary = ([ours, v2, withDpop, , v1]) => [
  [
    "download, everything included, brotli",
    "at most 84,000 bytes",
    `${number(ours.brotli)} bytes`,
    `${number(withDpop.brotli)} bytes; without DPoP ${number(v2.brotli)}; SDK 1.32.2 ${number(v1.brotli)}; none has a popup, storage or locks`,
  ],
];
