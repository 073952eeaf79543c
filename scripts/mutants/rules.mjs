// Rules of the package's JavaScript, and how to break each: `put` replaces `find`, which occurs once in `file`. `suite` and
// `test` name the test that then has to fail: a file in tests, and a part of the test's name.

/** @typedef {{ rule: string, file: string, find: string, put: string, suite: string, test: string }} Rule */

/** @type {(file: string, rules: Omit<Rule, "file">[]) => Rule[]} */
const of = (file, rules) => rules.map((rule) => ({ ...rule, file }));

/** @type {Rule[]} */
export const RULES = [
  ...of("pkg/callback.js", [
    {
      rule: "The response stays neither in the address bar nor in the history",
      find: 'history.replaceState(null, "", origin + pathname);',
      put: "",
      suite: "attacks/leaks.test.mjs",
      test: "the response does not stay in the history",
    },
    {
      rule: "The callback page leads only to a page of its own origin (OAuth 2.1 §7.12)",
      find: "if (!page || new URL(page).origin !== origin) return;",
      put: "if (!page) return;",
      suite: "popup/matrix.mjs",
      test: "redirect: the callback page redirects only to the app's own origin",
    },
    {
      rule: "The response is posted only to the app's own origin",
      find: "opener?.postMessage(message, origin)",
      put: 'opener?.postMessage(message, "*")',
      suite: "attacks/response.test.mjs",
      test: "if the app's tab is navigated elsewhere",
    },
    {
      rule: "Without a BroadcastChannel, a storage event carries the response",
      find: "localStorage.setItem(NAME, JSON.stringify(message));",
      put: "",
      suite: "popup/matrix.mjs",
      test: "the response arrives only by a storage event",
    },
    {
      rule: "The response is deleted from the storage at once",
      find: "localStorage.removeItem(NAME);",
      put: "",
      suite: "attacks/leaks.test.mjs",
      test: "the response does not stay in the history",
    },
    {
      rule: "A message to another callback page does not close this one",
      find: "if (data?.type !== NAME || data.ack !== id) return;",
      put: "if (data?.type !== NAME) return;",
      suite: "popup/matrix.mjs",
      test: "the callback page ignores an answer to another callback page",
    },
    {
      rule: "Without a response the callback page says where to start",
      find: 'if (parameters.has("code") || parameters.has("error")) {',
      put: "if (parameters) {",
      suite: "popup/matrix.mjs",
      test: "the callback page explains itself when opened directly",
    },
  ]),

  ...of("pkg/cli.js", [
    {
      rule: "The exit status is 2 if the server could not be reached",
      find: "unreachable ? 2 :",
      put: "unreachable ? 1 :",
      suite: "environments/cli.test.mjs",
      test: "the exit status",
    },
    {
      rule: "The exit status is 1 if something fails",
      find: "report.failures.length > 0 ? 1 : 0",
      put: "0",
      suite: "environments/cli.test.mjs",
      test: "the exit status",
    },
    {
      rule: "Nothing is registered without --register",
      find: "{ origin, register: Boolean(values.register) }",
      put: "{ origin, register: true }",
      suite: "environments/cli.test.mjs",
      test: "nothing is registered without --register",
    },
  ]),

  ...of("pkg/diagnosis.js", [
    {
      rule: "Text from a server stays text in Markdown: its backquotes do not end the code span",
      find: '"`".repeat(1 + Math.max(',
      put: '"`".repeat(1 + 0 * Math.max(',
      suite: "environments/cli.test.mjs",
      test: "backquotes",
    },
    {
      rule: "If the module of the diagnosis fails to load, the next attempt loads it again",
      find: "loading = undefined;",
      put: "",
      suite: "environments/loading.test.mjs",
      test: "the diagnosis module",
    },
  ]),

  ...of("pkg/element.js", [
    {
      rule: "The user's own decisions show no error",
      find: 'const WANTED = ["popup_closed", ',
      put: "const WANTED = [",
      suite: "components/element.test.mjs",
      test: "a popup that the user closes shows no error",
    },
    {
      rule: "The element shows userMessage; message is for developers",
      find: "(error.userMessage ?? error.message)",
      put: "error.message",
      suite: "components/element.test.mjs",
      test: "shows an error beside the button",
    },
    {
      rule: "A property that was set before the element was defined takes effect",
      find: "this.#authorizer = authorizer;\n    }\n",
      put: "}\n",
      suite: "components/element.test.mjs",
      test: "uses the app's own authorizer",
    },
    {
      rule: "An element that is removed from the page ends its sign-in",
      find: "this.#watch?.close();",
      put: "",
      suite: "components/element.test.mjs",
      test: "a sign-in ends when the element is removed from the page",
    },
    {
      rule: "Setting an attribute to the value that it has does not end a sign-in",
      find: "if (wanted.length === this.#watched.length && wanted.every((value, at) => value === this.#watched[at])) return;",
      put: "",
      suite: "components/element.test.mjs",
      test: "another account has another session",
    },
    {
      rule: "Screen readers announce changes (WCAG 2.2, 4.1.3)",
      find: 'this.#message.setAttribute("role", "status");',
      put: "",
      suite: "components/element.test.mjs",
      test: "by keyboard",
    },
  ]),

  ...of("pkg/error.js", [
    {
      rule: "An error has the exception that caused it as its cause",
      find: "cause === undefined ? undefined : { cause }",
      put: "undefined",
      suite: "sessions/fetch.test.mjs",
      test: "fetch's error is the cause of the rejection",
    },
    {
      rule: "An aborted call rejects with the signal's own reason, as fetch does",
      find: 'throw typeof thrown?.remedy === "string" && ',
      put: "throw ",
      suite: "sessions/fetch.test.mjs",
      test: "an aborted signal",
    },
  ]),

  ...of("pkg/face.js", [
    {
      rule: "An error of a request that needs more scopes has a method that requests them",
      find: "if (scopes)",
      put: "if (false)",
      suite: "sessions/step-up.test.mjs",
      test: "concurrent 403s lead to one popup",
    },
    {
      rule: "URL objects are accepted as URLs",
      find: "(url) => (url instanceof URL ? url.href : url)",
      put: "(url) => /** @type {any} */ (url)",
      suite: "environments/options.test.mjs",
      test: "URL objects are accepted",
    },
    {
      rule: "A session's scopes can't be changed from outside",
      find: "Object.freeze(this.#core.facts.scopes)",
      put: "this.#core.facts.scopes",
      suite: "environments/exported.test.mjs",
      test: "a session's scopes are frozen",
    },
    {
      rule: "Exported tokens contain nothing that only this library's store needs",
      find: "const { account, failed_at, retry_at, ...tokens } = JSON.parse(record);",
      put: "const tokens = JSON.parse(record);",
      suite: "environments/exported.test.mjs",
      test: "the export has none of the store's members",
    },
    {
      rule: "If a module fails to load, the next attempt loads it again",
      find: "    loading = undefined;\n    throw",
      put: "    throw",
      suite: "environments/loading.test.mjs",
      test: "the sign-in module",
    },
  ]),

  ...of("pkg/steps-loading.js", [
    {
      rule: "If the module of the steps fails to load, the next attempt loads it again",
      find: "loading = undefined;",
      put: "",
      suite: "environments/loading.test.mjs",
      test: "the steps module",
    },
  ]),

  ...of("pkg/oauth-provider.js", [
    {
      rule: "After a 401, the session refreshes the token",
      find: "await session.authProvider.onUnauthorized();",
      put: "",
      suite: "sessions/oauth-provider.test.mjs",
      test: "SDK 2: after a 401 the session is refreshed",
    },
    {
      rule: "A 403 that names scopes is rejected with the union of the scopes",
      find: "[...new Set([...session.scopes, ...missing])]",
      put: "missing",
      suite: "sessions/oauth-provider.test.mjs",
      test: "SDK 2: the error for missing scopes",
    },
  ]),

  ...of("pkg/react.js", [
    {
      rule: "If the server or the account changes, the previous session disappears at once",
      find: "[url, source, account]",
      put: "[source]",
      suite: "components/session.test.mjs",
      test: "after a change of server",
    },
  ]),

  ...of("pkg/store.js", [
    {
      rule: "A component that is unmounted ends its sign-in",
      find: "watch?.close();",
      put: "",
      suite: "components/session.test.mjs",
      test: "a component that unmounts ends its own sign-in",
    },
  ]),

  ...of("pkg/authorizer-source.js", [
    {
      rule: "Components that share a source share an authorizer",
      find: "made.set(source, entry);",
      put: "",
      suite: "components/session.test.mjs",
      test: "a click signs in with one authorizer and one popup",
    },
  ]),

  ...of("pkg/watch-session.js", [
    {
      rule: "Events of another account are ignored",
      find: " && detail.account === account;",
      put: ";",
      suite: "components/session.test.mjs",
      test: "after a change of account",
    },
    {
      rule: "An error is shown until the next attempt",
      find: "    error = null;\n",
      put: "",
      suite: "components/session.test.mjs",
      test: "an error is shown until the next attempt",
    },
    {
      rule: "A sign-out in another tab or component is shown",
      find: 'authorizer.addEventListener("signed-out", onSignedOut, { signal });',
      put: "",
      suite: "components/session.test.mjs",
      test: "a sign-out or sign-in of one component shows in all components and tabs",
    },
  ]),

  ...of("pkg/step-by-step.js", [
    {
      rule: "Steps reject with an McpAuthorizeError",
      find: "return step(plain(given)).catch(fail);",
      put: "return step(plain(given));",
      suite: "steps/attacks.test.mjs",
      test: "no step accepts a bare code",
    },
  ]),

  ...of("src/browser/app_request.js", [
    {
      rule: "The request has one Authorization header, which contains the token (RFC 6750 §2)",
      find: 'headers.set("authorization", authorization);',
      put: 'headers.append("authorization", authorization);',
      suite: "sessions/fetch.test.mjs",
      test: "the token replaces the app's own Authorization header",
    },
    {
      rule: "The request that was checked is the one that is sent",
      find: "this.input = this.isRequest ? input : String(input);",
      put: "this.input = this.isRequest || String(input) ? input : input;",
      suite: "sessions/fetch.test.mjs",
      test: "the checked URL is the one requested",
    },
    {
      rule: "A stream is not sent twice",
      find: 'return typeof this.init?.body?.getReader !== "function";',
      put: "return true;",
      suite: "sessions/fetch.test.mjs",
      test: "a streaming request body is not sent again",
    },
    {
      rule: "Redirects do not send the token to another place",
      find: 'if (manual) init.redirect = "manual";',
      put: "",
      suite: "sessions/fetch.test.mjs",
      test: "a redirect to another origin is not followed",
    },
    {
      rule: "Requests through a proxy have no cookies",
      find: 'credentials: "omit"',
      put: 'credentials: "include"',
      suite: "attacks/leaks.test.mjs",
      test: "requests through a proxy carry no cookie of the app",
    },
  ]),

  ...of("src/browser/database.js", [
    {
      rule: "The key of the records can't be read out (Web Cryptography §14.3.6)",
      find: 'false, ["encrypt", "decrypt"]',
      put: 'true, ["encrypt", "decrypt"]',
      suite: "sessions/storage.test.mjs",
      test: "the raw contents contain no token in plain text",
    },
    {
      rule: "Each encryption has its own initialization vector (NIST SP 800-38D §8)",
      find: "crypto.getRandomValues(new Uint8Array(12))",
      put: "new Uint8Array(12)",
      suite: "sessions/storage.test.mjs",
      test: "a fresh initialization vector",
    },
    {
      rule: "A record is valid only under its own name",
      find: "({ name: AES_GCM, iv, additionalData: id })",
      put: "({ name: AES_GCM, iv, additionalData: id.slice(0, 0) })",
      suite: "sessions/storage.test.mjs",
      test: "a record that is stored under another name is not read",
    },
    {
      rule: "Names in the database do not reveal servers",
      find: 'crypto.subtle.digest("SHA-256", new TextEncoder().encode(name))',
      put: "new TextEncoder().encode(name).buffer",
      suite: "sessions/storage.test.mjs",
      test: "names in the database do not reveal servers",
    },
    {
      rule: "An unreadable record is deleted, and causes no crash",
      find: 'return ""; // Nobody can read it any more.',
      put: 'throw new Error("unreadable");',
      suite: "sessions/storage.test.mjs",
      test: "a record that is stored under another name is not read",
    },
    {
      rule: "A connection to the database is closed after its last use, so that it blocks no other one",
      find: "database.close(),",
      put: "undefined,",
      suite: "sessions/storage.test.mjs",
      test: "a database that is deleted while the page is open is created again",
    },
    {
      rule: "A connection that blocks another one gets no new users",
      find: "database.onversionchange = () => leave(connection);",
      put: "database.onversionchange = () => {};",
      suite: "sessions/storage.test.mjs",
      test: "a page that uses the database all the time does not block its deletion",
    },
    {
      rule: "The key of the proofs can't be copied (RFC 9449 §11.8)",
      find: 'false, ["sign"]',
      put: 'true, ["sign"]',
      suite: "e2e/dpop.test.mjs",
      test: "signs in, calls and refreshes with one key",
    },
  ]),

  ...of("src/browser/tabs.js", [
    {
      rule: "One tab at a time refreshes",
      find: "navigator.locks.request(name, { signal }, hold).catch(refused);",
      put: "refused();",
      suite: "sessions/one-refresh.test.mjs",
      test: "5 tabs × 10",
    },
    {
      rule: "A tab with sessions in memory ignores events of other tabs",
      find: "if (this.isolated) return;",
      put: "",
      suite: "sessions/storage.test.mjs",
      test: "a sign-out of the stored session does not reach a tab with its session in memory",
    },
    {
      rule: "Two apps of one origin get no events of each other's sessions",
      find: "`mcp-authorize sessions ${app}`",
      put: '"mcp-authorize sessions"',
      suite: "sessions/storage.test.mjs",
      test: "share no session",
    },
  ]),

  ...of("src/browser/user_agent.js", [
    {
      rule: "Messages of another origin are ignored, even from the popup",
      find: "event.source === this.window && event.origin === location.origin",
      put: "event.source === this.window",
      suite: "attacks/response.test.mjs",
      test: "messages from a sign-in page in the popup",
    },
    {
      rule: "Only a response from its own popup certainly belongs to the sign-in",
      find: "event.source === this.window && event.origin === location.origin",
      put: "event.origin === location.origin",
      suite: "popup/matrix.mjs",
      test: "a foreign or replayed response has no effect",
    },
    {
      rule: "With noOpener, a sign-in page can't navigate the app's window",
      find: "this.window.opener = null;",
      put: ";",
      suite: "attacks/response.test.mjs",
      test: "reverse tabnabbing",
    },
    {
      rule: "While a popup is open, a second sign-in fails with popup_open",
      find: 'return "popup_open";',
      put: "",
      suite: "popup/matrix.mjs",
      test: "a second sign-in while a popup is open",
    },
    {
      rule: "A click right after a cancelled sign-in opens a popup",
      find: "if (current?.signal?.aborted) {",
      put: "if (false) {",
      suite: "popup/matrix.mjs",
      test: "a second sign-in right after the first was cancelled",
    },
    {
      rule: "A popup closes even while its first page is being replaced",
      find: "this.#navigated && !this.isClosed && this.#showsFirst",
      put: "false",
      suite: "sessions/nothing-left.test.mjs",
      test: "aborted at any moment while the sign-in page replaces the popup's first page",
    },
    {
      rule: "After a reload, the popup that is still open is reused",
      find: "NAME + count++",
      put: '"_blank"',
      suite: "popup/matrix.mjs",
      test: "the old popup is reused",
    },
    {
      rule: "The popup's first page names the server that it connects to",
      find: "document.body.textContent = text;",
      put: "",
      suite: "popup/matrix.mjs",
      test: "the popup's first page names the server",
    },
    {
      rule: "A response that came back by redirect is used once",
      find: "sessionStorage.removeItem(NAME + query);",
      put: "void query;",
      suite: "popup/matrix.mjs",
      test: "redirect: returns to the page that the user left",
    },
    {
      rule: "When a sign-in ends, all its listeners are removed",
      find: "for (const stop of this.#listening) stop();",
      put: "",
      suite: "sessions/nothing-left.test.mjs",
      test: "successful",
    },
  ]),
];
