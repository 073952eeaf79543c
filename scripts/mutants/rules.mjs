// Rules of the package's JavaScript, and how to break each: `put` replaces `find`, which occurs once in `file`. `suite` and
// `test` name the test that then has to fail: a file in tests, and a part of the test's name.

/** @typedef {{ rule: string, file: string, find: string, put: string, suite: string, test: string }} Rule */

/** @type {(file: string, rules: Omit<Rule, "file">[]) => Rule[]} */
const of = (file, rules) => rules.map((rule) => ({ ...rule, file }));

/** @type {Rule[]} */
export const RULES = [
  ...of("pkg/callback.js", [
    {
      rule: "The response does not stay in the address bar, nor in the history",
      find: 'history.replaceState(null, "", origin + pathname);',
      put: "",
      suite: "attacks/leaks.test.mjs",
      test: "the response does not stay in the history",
    },
    {
      rule: "The callback page leads to a page of its own origin alone (OAuth 2.1 §7.12)",
      find: "if (!page || new URL(page).origin !== origin) return;",
      put: "if (!page) return;",
      suite: "popup/matrix.mjs",
      test: "redirect: the callback page redirects only to the app's own origin",
    },
    {
      rule: "The response is posted to the app's own origin alone",
      find: "opener?.postMessage(message, origin)",
      put: 'opener?.postMessage(message, "*")',
      suite: "attacks/response.test.mjs",
      test: "if the app's tab is navigated elsewhere",
    },
    {
      rule: "Where there is no channel, a storage event carries the response",
      find: "localStorage.setItem(NAME, JSON.stringify(message));",
      put: "",
      suite: "popup/matrix.mjs",
      test: "the response arrives only by a storage event",
    },
    {
      rule: "The response is gone from the storage at once",
      find: "localStorage.removeItem(NAME);",
      put: "",
      suite: "attacks/leaks.test.mjs",
      test: "the response does not stay in the history",
    },
    {
      rule: "An answer to another callback page does not close this one",
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
      rule: "Text from a server is text in Markdown: its backquotes end nothing",
      find: '"`".repeat(1 + Math.max(',
      put: '"`".repeat(1 + 0 * Math.max(',
      suite: "environments/cli.test.mjs",
      test: "backquotes",
    },
    {
      rule: "A module of the diagnosis that could not be loaded is loaded again at the next attempt",
      find: "loading = undefined;",
      put: "",
      suite: "environments/loading.test.mjs",
      test: "the diagnosis module",
    },
  ]),

  ...of("pkg/element.js", [
    {
      rule: "What the user wanted themselves is no trouble to tell",
      find: 'const WANTED = ["aborted", ',
      put: "const WANTED = [",
      suite: "components/element.test.mjs",
      test: "by keyboard",
    },
    {
      rule: "Users read userMessage; message is for developers",
      find: "(error.userMessage ?? error.message)",
      put: "error.message",
      suite: "components/element.test.mjs",
      test: "shows an error beside the button",
    },
    {
      rule: "A property that was set before the element was known counts",
      find: "this.#authorizer = authorizer;\n    }\n",
      put: "}\n",
      suite: "components/element.test.mjs",
      test: "uses the app's own authorizer",
    },
    {
      rule: "An element that leaves the page ends its sign-in",
      find: "this.#watch?.close();",
      put: "",
      suite: "components/element.test.mjs",
      test: "a sign-in ends when the element is removed from the page",
    },
    {
      rule: "An attribute that is set to what it was ends no sign-in",
      find: "if (wanted.length === this.#watched.length && wanted.every((value, at) => value === this.#watched[at])) return;",
      put: "",
      suite: "components/element.test.mjs",
      test: "another account has another session",
    },
    {
      rule: "What changes is told to a screen reader (WCAG 2.2, 4.1.3)",
      find: 'this.#message.setAttribute("role", "status");',
      put: "",
      suite: "components/element.test.mjs",
      test: "by keyboard",
    },
  ]),

  ...of("pkg/error.js", [
    {
      rule: "An error has what was thrown below as its cause",
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
      rule: "An error of a request that needs more scopes brings the means to get them",
      find: "if (scopes)",
      put: "if (false)",
      suite: "sessions/step-up.test.mjs",
      test: "concurrent 403s lead to one popup",
    },
    {
      rule: "URLs may be given as URL objects",
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
      rule: "Exported tokens have nothing in them that concerns this library's store alone",
      find: "const { account, failed_at, retry_at, ...tokens } = JSON.parse(record);",
      put: "const tokens = JSON.parse(record);",
      suite: "environments/exported.test.mjs",
      test: "the export has none of the store's members",
    },
    {
      rule: "A module that could not be loaded is loaded again at the next attempt",
      find: "    loading = undefined;\n    throw",
      put: "    throw",
      suite: "environments/loading.test.mjs",
      test: "the sign-in module",
    },
  ]),

  ...of("pkg/steps-loading.js", [
    {
      rule: "A module of the steps that could not be loaded is loaded again at the next attempt",
      find: "loading = undefined;",
      put: "",
      suite: "environments/loading.test.mjs",
      test: "the steps module",
    },
  ]),

  ...of("pkg/oauth-provider.js", [
    {
      rule: "After a 401 it is the session that refreshes",
      find: "await session.authProvider.onUnauthorized();",
      put: "",
      suite: "sessions/oauth-provider.test.mjs",
      test: "SDK 2: after a 401 the session is refreshed",
    },
    {
      rule: "A 403 that names scopes rejects with the union of scopes",
      find: "[...new Set([...session.scopes, ...missing])]",
      put: "missing",
      suite: "sessions/oauth-provider.test.mjs",
      test: "SDK 2: the error for missing scopes",
    },
  ]),

  ...of("pkg/react.js", [
    {
      rule: "With another server or account, the session before is not shown for a moment longer",
      find: "[url, source, account]",
      put: "[source]",
      suite: "components/session.test.mjs",
      test: "after a change of server",
    },
  ]),

  ...of("pkg/store.js", [
    {
      rule: "A component that goes takes its sign-in along",
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
      rule: "What happens to another account is not this one's",
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
      rule: "A sign-out elsewhere is shown here",
      find: 'authorizer.addEventListener("signed-out", onSignedOut, { signal });',
      put: "",
      suite: "components/session.test.mjs",
      test: "a sign-out or sign-in of one component shows in all components and tabs",
    },
  ]),

  ...of("pkg/step-by-step.js", [
    {
      rule: "What a step rejects with is an McpAuthorizeError",
      find: "return step(plain(given)).catch(fail);",
      put: "return step(plain(given));",
      suite: "steps/attacks.test.mjs",
      test: "no step accepts a bare code",
    },
  ]),

  ...of("src/browser/app_request.js", [
    {
      rule: "The token stands in the one Authorization header that is sent (RFC 6750 §2)",
      find: 'headers.set("authorization", authorization);',
      put: 'headers.append("authorization", authorization);',
      suite: "sessions/fetch.test.mjs",
      test: "the token replaces the app's own Authorization header",
    },
    {
      rule: "What is checked is what is sent",
      find: "this.input = this.isRequest ? input : String(input);",
      put: "this.input = this.isRequest || String(input) ? input : input;",
      suite: "sessions/fetch.test.mjs",
      test: "the checked URL is the one requested",
    },
    {
      rule: "A stream that was sent is not sent again",
      find: 'return typeof this.init?.body?.getReader !== "function";',
      put: "return true;",
      suite: "sessions/fetch.test.mjs",
      test: "a streaming request body is not sent again",
    },
    {
      rule: "No redirect takes the token elsewhere",
      find: 'if (manual) init.redirect = "manual";',
      put: "",
      suite: "sessions/fetch.test.mjs",
      test: "a redirect to another origin is not followed",
    },
    {
      rule: "No cookie of the app goes along through a proxy",
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
      rule: "Each encryption has an initialization vector of its own (NIST SP 800-38D §8)",
      find: "crypto.getRandomValues(new Uint8Array(12))",
      put: "new Uint8Array(12)",
      suite: "sessions/storage.test.mjs",
      test: "a fresh initialization vector",
    },
    {
      rule: "A record is good under its own name alone",
      find: "({ name: AES_GCM, iv, additionalData: id })",
      put: "({ name: AES_GCM, iv, additionalData: id.slice(0, 0) })",
      suite: "sessions/storage.test.mjs",
      test: "a record that is stored under another name is not read",
    },
    {
      rule: "Names in the database tell no server",
      find: 'crypto.subtle.digest("SHA-256", new TextEncoder().encode(name))',
      put: "new TextEncoder().encode(name).buffer",
      suite: "sessions/storage.test.mjs",
      test: "names in the database do not reveal servers",
    },
    {
      rule: "A record that nobody can read is dropped, and no crash",
      find: 'return ""; // Nobody can read it any more.',
      put: 'throw new Error("unreadable");',
      suite: "sessions/storage.test.mjs",
      test: "a record that is stored under another name is not read",
    },
    {
      rule: "A database that is in use is in nobody's way",
      find: "database.close(),",
      put: "undefined,",
      suite: "sessions/storage.test.mjs",
      test: "a database that is deleted while the page is open is created again",
    },
    {
      rule: "Nobody joins a connection that is in the way of another one",
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
      rule: "A tab whose sessions are in memory hears nothing of the others'",
      find: "if (this.alone) return;",
      put: "",
      suite: "sessions/storage.test.mjs",
      test: "a sign-out does not end another tab's session in memory",
    },
    {
      rule: "Two apps of one origin hear nothing of each other's sessions",
      find: "`mcp-authorize sessions ${app}`",
      put: '"mcp-authorize sessions"',
      suite: "sessions/storage.test.mjs",
      test: "share no session",
    },
  ]),

  ...of("src/browser/user_agent.js", [
    {
      rule: "Messages of another origin are not heard, though they come from the popup",
      find: "event.source === this.window && event.origin === location.origin",
      put: "event.source === this.window",
      suite: "attacks/response.test.mjs",
      test: "messages from a sign-in page in the popup",
    },
    {
      rule: "A response is surely this sign-in's only where it comes from its popup",
      find: "event.source === this.window && event.origin === location.origin",
      put: "event.origin === location.origin",
      suite: "popup/matrix.mjs",
      test: "a foreign or replayed response has no effect",
    },
    {
      rule: "With noOpener a sign-in page can't send the app's window elsewhere",
      find: "this.window.opener = null;",
      put: ";",
      suite: "attacks/response.test.mjs",
      test: "reverse tabnabbing",
    },
    {
      rule: "While a popup is open, a second sign-in is popup_open",
      find: 'return "popup_open";',
      put: "",
      suite: "popup/matrix.mjs",
      test: "a second sign-in while a popup is open",
    },
    {
      rule: "A click right after the first sign-in was cancelled opens a popup",
      find: "if (current?.signal?.aborted) {",
      put: "if (false) {",
      suite: "popup/matrix.mjs",
      test: "a second sign-in right after the first was cancelled",
    },
    {
      rule: "The popup that a reloaded app left behind is used again",
      find: "NAME + count++",
      put: '"_blank"',
      suite: "popup/matrix.mjs",
      test: "the old popup is reused",
    },
    {
      rule: "The first page says where it connects to",
      find: "document.body.textContent = text;",
      put: "",
      suite: "popup/matrix.mjs",
      test: "the popup's first page names the server",
    },
    {
      rule: "A response that came back by a redirect counts once",
      find: "sessionStorage.removeItem(NAME + query);",
      put: "void query;",
      suite: "popup/matrix.mjs",
      test: "redirect: returns to the page that the user left",
    },
    {
      rule: "When a sign-in ends, nothing listens any more",
      find: "for (const stop of this.#listening) stop();",
      put: "",
      suite: "sessions/nothing-left.test.mjs",
      test: "successful",
    },
  ]),
];
