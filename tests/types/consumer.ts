// A consumer of the whole API, with TypeScript's strictest options. It is compiled, never run.

import {
  Client,
  StreamableHTTPClientTransport,
  type AuthProvider,
  type OAuthClientProvider as ProviderOfSdk2,
} from "@modelcontextprotocol/client";
import type { OAuthClientProvider as ProviderOfSdk1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client as ClientOfSdk1 } from "@modelcontextprotocol/sdk/client/index.js";
import { ElicitationCompleteNotificationSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import {
  McpAuthorizeError,
  McpAuthorizer,
  McpAuthorizerEvent,
  McpSession,
  type McpAuthorizeErrorCode,
  type McpAuthorizerEventMap,
  type McpAuthorizerOptions,
  type McpAuthorizeStep,
  type McpDiagnosis,
  type McpExchange,
  type McpFinding,
  type McpGrant,
  type McpStorage,
  type McpUrlOutcome,
  type McpUrlRequest,
  type OpenUrlOptions,
  type SignInOptions,
  type StepUpOptions,
  type WaitOptions,
} from "mcp-authorize";
import "mcp-authorize/callback";
import { type McpSessionChangeEvent, McpSignInElement } from "mcp-authorize/element";
import { handleUrlElicitation, type McpFormParams } from "mcp-authorize/elicitation";
import { McpAuthorizer as InlineAuthorizer } from "mcp-authorize/inline";
import { toOAuthClientProvider } from "mcp-authorize/oauth-provider";
import { type McpAuthorizerSource, useMcpServers, useMcpSession } from "mcp-authorize/react";
import * as steps from "mcp-authorize/steps";
import { discover as inlineDiscover } from "mcp-authorize/steps/inline";
import { mcpServers, mcpSession } from "mcp-authorize/svelte";
import { useMcpServers as useServersInVue, useMcpSession as useSessionInVue } from "mcp-authorize/vue";
import {
  LOADING,
  LOADING_SERVERS,
  type McpListedServer,
  type McpServersState,
  mcpServersStore,
  type McpSessionState,
  mcpSessionStore,
  watchMcpServers,
  watchMcpSession,
} from "mcp-authorize/watch";
import type { Readable } from "svelte/store";
import { ref } from "vue";

/** Compiles only if `Actual` and `Expected` are the same type, `any` and `readonly` included. */
type Same<Actual, Expected> =
  (<T>() => T extends Actual ? 1 : 2) extends <T>() => T extends Expected ? 1 : 2 ? true : false;
function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

// Options: only the name and the redirect URI are required.

const smallest: McpAuthorizerOptions = { clientName: "Acme Agent", redirectUri: "/callback.html" };

const synchronous: McpStorage = {
  get: (key) => localStorage.getItem(key),
  set: (key, value) => localStorage.setItem(key, value),
  delete: (key) => localStorage.removeItem(key),
};
const map = new Map<string, string>();
const asynchronous: McpStorage = {
  get: async (key) => map.get(key),
  set: async (key, value) => void map.set(key, value),
  delete: async (key) => void map.delete(key),
};

const all: Required<McpAuthorizerOptions> = {
  clientName: "Acme Agent",
  redirectUri: new URL("https://acme.example/callback.html"),
  clientId: "acme",
  clientSecret: "s3cr3t",
  issuer: "https://as.example",
  clientIdMetadataUrl: new URL("https://acme.example/client.json"),
  clientUri: "https://acme.example/",
  logoUri: "/logo.svg",
  tosUri: new URL("https://acme.example/terms"),
  policyUri: "https://acme.example/privacy",
  contacts: ["dev@acme.example"] as const,
  softwareId: "4NRB1-0XZABZI9E6-5SM3R",
  softwareVersion: "2.1",
  softwareStatement: "a.b.c",
  client: undefined,
  popup: { width: 480, height: 640, left: 0, top: 0, url: new URL("https://acme.example/waiting.html") },
  scopes: ["mcp:read"] as const,
  clientKey: { key: await crypto.subtle.importKey("jwk", {}, { name: "Ed25519" }, false, ["sign"]), id: "1" },
  grant: { type: "jwt_bearer", assertion: async ({ issuer, resource }) => issuer + resource },
  dpop: "require",
  display: "popup-or-redirect",
  noOpener: true,
  prefetch: false,
  trustPkce: ["https://login.microsoftonline.com/tenant/v2.0"],
  omitResource: ["https://login.microsoftonline.com/tenant/v2.0"],
  acceptIssuers: { "https://as.example": "https://as.example/v2" },
  strictIssuer: true,
  authorizationParameters: { login_hint: "me", prompt: null },
  initialAccessToken: { "https://as.example": "token" },
  requireIss: true,
  exactResource: true,
  confirmIssuer: async ({ server, issuer }) => server.startsWith(issuer),
  onStepUp: async ({ server, scopes, acrValues, maxAge }) => console.log(server, scopes, acrValues?.join(" "), maxAge),
  chooseAuthorizationServer: async (issuers, server) => issuers.find((issuer) => server.startsWith(issuer)) ?? "",
  authorize: async (url, { signal, server, issuer, state }) =>
    new URL(await (await fetch(url, { signal })).text(), server + issuer + state),
  storage: asynchronous,
  exportable: true,
  requestTimeout: 10_000,
  signInTimeout: 300_000,
  fetch: (input, init) => fetch(input, init),
  proxy: (url, step) => (step === "request" ? undefined : new URL(url)),
};
// Without a user, neither name nor redirect URI is needed. With a user on another device, no redirect URI is needed.
const machine: McpAuthorizerOptions = {
  clientId: "acme",
  clientSecret: "s3cr3t",
  issuer: "https://as.example",
  grant: { type: "client_credentials" },
};
// @ts-expect-error Credentials need their issuer.
const unbound: McpAuthorizerOptions = {
  clientId: "acme",
  clientSecret: "s3cr3t",
  grant: { type: "client_credentials" },
};
// A function that returns the app's identity at each authorization server excludes all other identities.
const withClientFunction: McpAuthorizerOptions = {
  clientName: "Acme Agent",
  redirectUri: "/callback.html",
  client: async ({ server, issuer, metadata, canRegister }) =>
    canRegister ? undefined : { clientId: server + issuer, clientSecret: String(metadata?.["x"]) },
  authorizationParameters: async ({ issuer }) => ({ hd: issuer, prompt: null }),
  display: "popup-or-link",
};
// @ts-expect-error: clientId together with a function
const clientIdAndFunction: McpAuthorizerOptions = { ...withClientFunction, clientId: "acme" };
const machineWithFunction: McpAuthorizerOptions = {
  client: () => ({ clientId: "a" }),
  grant: { type: "client_credentials" },
};
// @ts-expect-error: an identity needs a client ID
const noClientId: McpAuthorizerOptions = { ...smallest, client: () => ({ clientSecret: "s3cr3t" }) };
const device: McpAuthorizerOptions = { clientName: "Acme TV", grant: { type: "device_code" } };
// @ts-expect-error: the name is required, because the user sees it
const namelessDevice: McpAuthorizerOptions = { grant: { type: "device_code" } };
const grants: McpGrant[] = [
  { type: "client_credentials" },
  { type: "jwt_bearer", assertion: "a.b.c" },
  { type: "id_jag", idToken: () => "a.b.c", tokenEndpoint: new URL("https://idp.example/token"), clientId: "acme" },
];
// @ts-expect-error: the assertion is missing
const noAssertion: McpGrant = { type: "jwt_bearer" };
const clientKey = { key: await crypto.subtle.importKey("jwk", {}, { name: "Ed25519" }, false, ["sign"]) };
// A key in the app's metadata document is for every authorization server.
const byDocument: McpAuthorizerOptions = {
  clientName: "Acme",
  redirectUri: "/callback.html",
  clientIdMetadataUrl: new URL("https://acme.example/client.json"),
  clientKey,
};
// @ts-expect-error: a client ID's key needs an issuer
const keyForAnyone: McpAuthorizerOptions = { clientName: "Acme", redirectUri: "/c", clientId: "acme", clientKey };
const workload: McpAuthorizerOptions = {
  issuer: "https://as.example",
  grant: { type: "jwt_bearer", assertion: "a.b.c" },
};
// @ts-expect-error: a fixed JWT needs an issuer
const workloadForAnyone: McpAuthorizerOptions = { grant: { type: "jwt_bearer", assertion: "a.b.c" } };
const employee: McpAuthorizerOptions = {
  redirectUri: "/callback.html",
  clientIdMetadataUrl: "https://acme.example/client.json",
  clientKey,
  grant: {
    type: "id_jag",
    identityProvider: { issuer: new URL("https://idp.example"), clientId: "acme", subjectToken: "refresh_token" },
  },
};
// @ts-expect-error: the redirect URI is required
const employeeWithoutRedirect: McpAuthorizerOptions = { grant: employee.grant };
for (const options of [byDocument, workload, employee]) await McpAuthorizer.create(options);
const bound = { clientName: "Acme", clientId: "acme", issuer: "https://as.example" };
for (const grant of grants) await McpAuthorizer.create({ ...bound, grant });
for (const options of [machine, device, withClientFunction, machineWithFunction]) await McpAuthorizer.create(options);
const storages: McpAuthorizerOptions["storage"][] = ["indexeddb", "memory", synchronous, undefined];

// @ts-expect-error: the redirect URI is required
const noRedirect: McpAuthorizerOptions = { clientName: "Acme Agent" };
// @ts-expect-error: the name is required
const noName: McpAuthorizerOptions = { redirectUri: "/callback.html" };
// @ts-expect-error: there is no such storage
const wrongStorage: McpAuthorizerOptions = { ...smallest, storage: "cookie" };
// @ts-expect-error: scopes are a list
const wrongScopes: McpAuthorizerOptions = { ...smallest, scopes: "mcp:read" };
// @ts-expect-error: a storage needs `delete`
const wrongOwnStorage: McpStorage = { get: () => null, set: () => {} };
// @ts-expect-error: there is no such option
const unknownOption: McpAuthorizerOptions = { ...smallest, redirectURL: "/callback.html" };

// The authorizer

const authorizer = await McpAuthorizer.create(smallest);
exactly<McpAuthorizer>()(authorizer, true);
await McpAuthorizer.create(all);
const target: EventTarget = authorizer;

// @ts-expect-error: only `create` constructs it
new McpAuthorizer(smallest);
// @ts-expect-error: `create` needs options
await McpAuthorizer.create();

const { signal } = new AbortController();
const wait: WaitOptions = { signal };
const signIn: SignInOptions = { signal, scopes: ["mcp:read", "mcp:write"] };
const session = await authorizer.signIn("https://mcp.example/mcp", signIn);
exactly<McpSession>()(session, true);
await authorizer.signIn(new URL("https://mcp.example/mcp"));

const restored = await authorizer.restore("https://mcp.example/mcp");
exactly<McpSession | null>()(restored, true);
// @ts-expect-error: it may be null
restored.server;
// @ts-expect-error: a server is a string or a URL
await authorizer.signIn(42);

// The session

exactly<string>()(session.server, true);
exactly<string>()(session.resource, true);
exactly<string>()(session.issuer, true);
exactly<string>()(session.clientId, true);
exactly<readonly string[]>()(session.scopes, true);
exactly<Date | null>()(session.expiresAt, true);
exactly<boolean>()(session.canRefresh, true);
exactly<Promise<string>>()(session.accessToken(wait), true);
exactly<Promise<void>>()(session.refresh(wait), true);
const more: StepUpOptions = { scopes: ["mcp:write"], signal };
exactly<Promise<void>>()(session.stepUp(more), true);
exactly<Promise<boolean>>()(session.signOut(wait), true);
await session.accessToken();
await session.refresh();
await session.stepUp();
await session.signOut();

// @ts-expect-error: only `signIn` and `restore` construct it
new McpSession();
// @ts-expect-error: scopes are read-only
session.scopes.push("mcp:admin");
// @ts-expect-error: properties are read-only
session.resource = "https://elsewhere.example/";
// @ts-expect-error: it may be null
session.expiresAt.getTime();

// `session.fetch` is a drop-in replacement for `fetch`, and works without `this`.

const asGlobal: typeof fetch = session.fetch;
const { fetch: detached } = session;
exactly<Promise<Response>>()(detached(new Request(session.server), { method: "POST" }), true);
const client = new Client({ name: "consumer", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(session.server), { fetch: session.fetch }));

await client.connect(
  new StreamableHTTPClientTransport(new URL(session.server), { authProvider: session.authProvider }),
);
const provider: AuthProvider = session.authProvider;
exactly<Promise<string>>()(session.authProvider.token(), true);

// Events

authorizer.addEventListener("exchange", (event) => {
  exactly<McpAuthorizerEvent<"exchange">>()(event, true);
  exactly<McpExchange>()(event.detail, true);
  exactly<number | undefined>()(event.detail.status, true);
  exactly<McpAuthorizeStep>()(event.detail.step, true);
  const { method, url, duration }: { method: string; url: string; duration: number } = event.detail;
  console.log(method, url, duration);
});
authorizer.addEventListener("signed-in", ({ type, detail }) => {
  exactly<"signed-in">()(type, true);
  exactly<string>()(detail.server, true);
});
authorizer.addEventListener("refreshed", ({ detail }) => console.log(detail.server), { signal, once: true });
authorizer.addEventListener("storage", ({ detail }) => exactly<"unreadable" | "unavailable">()(detail.reason, true));
authorizer.addEventListener("step-up", ({ detail }) => exactly<string[]>()(detail.scopes, true));
authorizer.addEventListener("device-code", ({ detail }) => {
  exactly<string>()(detail.userCode, true);
  exactly<number>()(detail.expiresIn, true);
  console.log(detail.server, detail.verificationUriComplete ?? detail.verificationUri);
});
authorizer.addEventListener("waiting", ({ detail }) => exactly<string>()(detail.server, true));
authorizer.addEventListener("authorizing", ({ detail }) => console.log(detail.server, detail.issuer), false);
const onSignedOut = ({ detail }: McpAuthorizerEvent<"signed-out">): void => {
  exactly<"sign-out" | "expired">()(detail.reason, true);
};
authorizer.addEventListener("signed-out", onSignedOut);
authorizer.removeEventListener("signed-out", onSignedOut);
authorizer.addEventListener("refreshed", null);
const names: Record<keyof McpAuthorizerEventMap, true> = {
  "signed-in": true,
  refreshed: true,
  "step-up": true,
  storage: true,
  "signed-out": true,
  exchange: true,
  authorizing: true,
  "device-code": true,
  waiting: true,
};

// @ts-expect-error: an exchange has no body
authorizer.addEventListener("exchange", ({ detail }) => detail.body);
// @ts-expect-error: `refreshed` has no issuer
authorizer.addEventListener("refreshed", ({ detail }) => detail.issuer);
// @ts-expect-error: there is no such event
authorizer.addEventListener("signed_in", () => {});

// User interfaces

const source: McpAuthorizerSource = () => McpAuthorizer.create(smallest);
const hook = useMcpSession(new URL(session.server), source);
exactly<"loading" | "signed-out" | "signing-in" | "signed-in">()(hook.status, true);
exactly<McpSession | null>()(hook.session, true);
exactly<McpSession["fetch"] | null>()(hook.fetch, true);
exactly<string | undefined>()(hook.error?.remedy, true);
if (hook.status === "signed-in") exactly<McpSession>()(hook.session, true);
exactly<Promise<McpSession | null>>()(hook.signIn(signIn), true);
exactly<Promise<McpSession | null>>()(hook.stepUp({ scopes: ["mcp:write"] }), true);
exactly<Promise<boolean | null>>()(hook.signOut(wait), true);
exactly<void>()(hook.cancel(), true);
// Impossible combinations: only a sign-in waits, and a session always has a `fetch`.
if (hook.status !== "signing-in") exactly<false>()(hook.waiting, true);
if (hook.status === "loading") exactly<null>()(hook.error, true);
if (hook.session) exactly<McpSession["fetch"]>()(hook.fetch, true);
// @ts-expect-error: `waiting` is only possible while signing in
const waitsInVain: McpSessionState = { status: "signed-in", waiting: true, error: null, session, fetch: session.fetch };
// @ts-expect-error: there is no session after a sign-out
const signedOut: McpSessionState = { status: "signed-out", waiting: false, error: null, session, fetch: session.fetch };
// @ts-expect-error: the account is an option of the hook, not of signIn
void hook.signIn({ account: "work" });

const { servers, add, ...list } = useMcpServers(source, { servers: [{ server: session.server, account: "work" }] });
exactly<readonly McpListedServer[]>()(servers, true);
for (const entry of servers) {
  exactly<string | undefined>()(entry.account, true);
  if (entry.status === "signed-in") exactly<McpSession>()(entry.session, true);
  exactly<Promise<boolean>>()(entry.remove(), true);
}
exactly<Promise<McpSession | null>>()(add(new URL(session.server), { account: "work" }).signIn(), true);
if (list.loading) exactly<null>()(list.error, true);
// @ts-expect-error: there is no error while loading
const failedEarly: McpServersState = { loading: true, error: new Error(), servers: [] };
// @ts-expect-error: only `add` and `remove` change the list
servers.push(add(session.server));
// @ts-expect-error: an account needs a server
useMcpServers(source, { servers: [{ account: "work" }] });
watchMcpServers(authorizer, (state) => exactly<McpServersState>()(state, true)).close();
exactly<McpServersState>()(LOADING_SERVERS, true);
exactly<McpSessionState>()(mcpSessionStore(session.server, source, { account: "work" }).getSnapshot(), true);
exactly<() => void>()(
  mcpServersStore(source).subscribe(() => {}),
  true,
);

const { state } = useSessionInVue(ref(session.server), source, { account: () => undefined });
if (state.value.status === "signed-in") exactly<McpSession>()(state.value.session, true);
exactly<McpServersState>()(useServersInVue(source).state.value, true);
// @ts-expect-error: the state is read-only
state.value = LOADING;
const inSvelte: [Readable<McpSessionState>, Readable<McpServersState>] = [
  mcpSession(session.server, source, { account: "work" }),
  mcpServers(source, { servers: [] }),
];

const watch = watchMcpSession(session.server, authorizer, (state) => exactly<McpSessionState>()(state, true));
watch.close();
exactly<McpSessionState>()(LOADING, true);
// @ts-expect-error: a function must create it
useMcpSession(session.server, McpAuthorizer.create(smallest));

const element = document.createElement("mcp-sign-in");
exactly<McpSignInElement>()(element, true);
element.authorizer = await InlineAuthorizer.create(smallest);
element.addEventListener("mcp-session-change", (event) => exactly<McpSessionChangeEvent>()(event, true));

const report: McpDiagnosis = await authorizer.diagnose("https://mcp.example.com/mcp", { register: false, ...wait });
for (const finding of report.findings) exactly<McpFinding>()(finding, true);
exactly<string>()(report.toMarkdown(), true);
const problems: readonly string[] = report.failures.map(({ id, remedy }) => `${id}: ${remedy ?? ""}`);
// @ts-expect-error: not a list of findings
report.findings = problems;

// Errors: `code` and `step` are closed unions, so the compiler can check that a program handles all of them.

export function advice(error: unknown): string {
  if (!(error instanceof McpAuthorizeError)) throw error;
  const plain: Error = error;
  exactly<"McpAuthorizeError">()(error.name, true);
  exactly<readonly string[] | undefined>()(error.scopes, true);
  exactly<string | undefined>()(error.url, true);
  exactly<number | undefined>()(error.status, true);
  exactly<string | undefined>()(error.serverError, true);
  exactly<number | undefined>()(error.retryAfter, true);
  exactly<unknown>()(error.cause, true);
  const text: string = `${plain.message}: ${error.remedy} (${where(error.step)})`;

  switch (error.code) {
    case "invalid_option":
    case "invalid_url":
    case "insecure_url":
    case "unsupported":
    case "client_mismatch":
      return `A mistake of the app. ${text}`;
    case "network":
    case "cors_blocked":
    case "mixed_content":
    case "timeout":
    case "storage_failed":
      return `Try again later. ${text}`;
    case "aborted":
    case "popup_closed":
    case "redirect_abandoned":
    case "popup_open":
    case "access_denied":
    case "signed_out":
      return "As you wish.";
    case "popup_blocked":
      return "Allow popups for this page.";
    case "session_expired":
      return "Sign in again.";
    case "insufficient_scope":
      exactly<((options?: WaitOptions) => Promise<void>) | undefined>()(error.stepUp, true);
      return error.stepUp ? `Agree to ${error.scopes?.join(" ")}.` : "Ask your administrator.";
    case "authorization_not_required":
      return "Call it with plain fetch.";
    case "response_too_large":
    case "invalid_response":
    case "http_status":
    case "metadata_not_found":
    case "resource_mismatch":
    case "issuer_mismatch":
    case "pkce_unsupported":
    case "dpop_unsupported":
    case "registration_unsupported":
    case "registration_failed":
    case "authorization_failed":
    case "state_mismatch":
    case "token_failed":
    case "insufficient_user_authentication":
    case "wrong_resource":
      return `The server is at fault. ${text}`;
    default:
      return unreachable(error.code);
  }
}

function where(step: McpAuthorizeStep): string {
  switch (step) {
    case "setup":
    case "storage":
      return "in this page";
    case "challenge":
    case "request":
    case "resource_metadata":
      return "at the MCP server";
    case "authorization_server_metadata":
    case "registration":
    case "authorization":
    case "token":
    case "refresh":
    case "revocation":
      return "at the authorization server";
    default:
      return unreachable(step);
  }
}

function unreachable(value: never): never {
  throw new Error(`Not handled: ${String(value)}`);
}

const providerOf: (session: McpSession) => ProviderOfSdk1 & ProviderOfSdk2 = toOAuthClientProvider;

// The steps

const discovered: steps.Discovered = await steps.discover(new URL("https://mcp.example/mcp"), {
  signal,
  issuer: "https://as.example",
});
await inlineDiscover("https://mcp.example/mcp");
const issued: string | undefined = discovered.authorizationServer.url;
const registered = await steps.register(discovered.authorizationServer, {
  clientName: "Acme",
  redirectUri: "https://acme.example/cb",
});
exactly<string>()(registered.issuer, true);
const dpopKey = await steps.createDpopKey({ extractable: true });
const begun = await steps.beginAuthorization({
  discovered,
  client: registered,
  redirectUri: new URL("https://acme.example/cb"),
  dpopKey,
  dpop: "require",
  scopes: discovered.scopes,
});
exactly<string>()(begun.url, true);
const pending: steps.PendingAuthorization = JSON.parse(JSON.stringify(begun.pending));
const tokens: steps.Tokens = await steps.finishAuthorization(pending, "https://acme.example/cb?code=c", { dpopKey });
exactly<number | undefined>()(tokens.expires_at, true);
exactly<"Bearer" | "DPoP">()(tokens.token_type, true);
exactly<boolean>()(await steps.revoke(await steps.refresh(tokens, { dpopKey })), true);
exactly<string>()(
  await steps.dpopProof({ key: dpopKey, method: "GET", url: tokens.resource, accessToken: tokens.access_token }),
  true,
);
exactly<string[] | null>()(await steps.scopesForStepUp(tokens.granted, "Bearer"), true);
exactly<string>()(await steps.selectResource(discovered.server, discovered.resourceMetadata?.document), true);
exactly<"S256">()((await steps.createPkce()).method, true);
exactly<string | undefined>()((await steps.parseChallenge("Bearer")).resource_metadata, true);
const ownMachine: steps.ClientIdentity = { client_id: "acme", client_secret: "s", issuer: "https://as.example" };
await steps.clientCredentials({ discovered, client: ownMachine });
const { access_token } = await steps.exchangeToken({
  discovered,
  tokenEndpoint: new URL("https://idp.example/token"),
  clientId: "acme",
  subjectToken: "t",
});
await steps.jwtBearer({ discovered, client: ownMachine, assertion: access_token });
const { pending: onDevice, user_code } = await steps.deviceAuthorization({ discovered, client: ownMachine });
exactly<string>()(user_code, true);
await steps.finishDeviceAuthorization(onDevice, { signal });
await steps.clientMetadataDocument({
  url: "https://acme.example/client.json",
  clientName: "Acme",
  redirectUris: ["https://acme.example/cb"],
});
const hosted: McpFinding[] = await steps.checkClientMetadataDocument("https://acme.example/client.json", {
  redirectUri: "https://acme.example/cb",
});
// @ts-expect-error: no step accepts a bare code
await steps.finishAuthorization("code");
// @ts-expect-error: a pending device authorization needs finishDeviceAuthorization
await steps.finishAuthorization(onDevice, "https://acme.example/cb");
exactly<McpSession>()(await authorizer.adopt(tokens), true);
exactly<steps.Tokens>()(await session.export({ signal }), true);

// URL mode elicitation.

const outcome = await authorizer.openUrl("https://mcp.example.com/connect", {
  server: new URL("https://mcp.example.com/mcp"),
  message: "Please connect.",
  completed: Promise.resolve(1),
  onOpen: () => {},
  labels: { title: "Open?", warnings: { punycode: "Look twice" } },
  signal,
});
exactly<McpUrlOutcome>()(outcome, true);
const urlOptions: OpenUrlOptions = {
  server: "https://mcp.example.com/mcp",
  message: "",
  show(request) {
    exactly<McpUrlRequest>()(request, true);
    document.body.onclick = request.open;
  },
};
// @ts-expect-error: labels are for the library's dialog, which `show` replaces
const bothDialogs: OpenUrlOptions = { ...urlOptions, labels: { title: "Open?" } };
// @ts-expect-error: the server is required
const noServer: OpenUrlOptions = { message: "" };
// @ts-expect-error: the message is required
const noMessage: OpenUrlOptions = { server: "https://mcp.example.com/mcp" };
// @ts-expect-error: the URL must be the server's text, not a parsed URL
await authorizer.openUrl(new URL("https://mcp.example.com/connect"), urlOptions);

const server = "https://mcp.example.com/mcp";
const ofSdk1 = new ClientOfSdk1({ name: "acme", version: "1" }, { capabilities: authorizer.capabilities });
const ofSdk2 = new Client({ name: "acme", version: "1" }, { capabilities: authorizer.capabilities });
const schemas = { ElicitRequestSchema, ElicitationCompleteNotificationSchema };
const form = ({ message }: McpFormParams) => ({ action: "accept" as const, content: { message } });
const { retry } = handleUrlElicitation(ofSdk2, authorizer, { server, form, onError: ({ code }) => code });
exactly<number>()(await retry(async () => 1, { signal }), true);
handleUrlElicitation(ofSdk1, authorizer, { server, schemas, labels: { open: "Open" } });
// @ts-expect-error: version 1 needs schemas
handleUrlElicitation(ofSdk1, authorizer, { server });
// @ts-expect-error: version 2 has no schemas
handleUrlElicitation(ofSdk2, authorizer, { server, schemas });
// @ts-expect-error: a session can't open URLs
handleUrlElicitation(ofSdk2, session, { server });
// @ts-expect-error: capabilities are read-only
authorizer.capabilities = {};

// @ts-expect-error: there is no such code
const wrongCode: McpAuthorizeErrorCode = "oops";
// @ts-expect-error: errors are read-only
(new Error() as McpAuthorizeError).code = "network";

export {
  asGlobal,
  bothDialogs,
  failedEarly,
  hosted,
  inSvelte,
  issued,
  names,
  noMessage,
  noName,
  noRedirect,
  noServer,
  provider,
  providerOf,
  signedOut,
  storages,
  target,
  unknownOption,
  waitsInVain,
  wrongCode,
  wrongOwnStorage,
  wrongScopes,
  wrongStorage,
};
