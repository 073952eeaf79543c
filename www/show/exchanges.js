// Draws the diagram from the library's events and the recorded requests (recorder.js).

import { recorder } from "./recorder.js";
import { REDACTED } from "./redact.js";
import { listen } from "./response-channel.js";
import { RULES } from "./rules.js";

/**
 * The library's event comes after the answer, but a request is drawn when it is sent. Until the event, its content shows what
 * it is for.
 *
 * @param {import("./recorder.js").SentRequest} request
 */
function stepOf({ method, url, headers, body }) {
  const has = (name) => body.some(([key]) => key === name);
  const value = (name) => body.find(([key]) => key === name)?.[1];
  if (method === "HEAD") return "probe";
  if (url.includes("/.well-known/oauth-protected-resource")) return "resource_metadata";
  if (url.includes("/.well-known/")) return "authorization_server_metadata";
  if (has("redirect_uris")) return "registration";
  if (has("code_challenge")) return "pushed_authorization";
  if (has("grant_type")) return value("grant_type") === "refresh_token" ? "refresh" : "token";
  if (has("token")) return "revocation";
  return headers.some(([name]) => name === "authorization") ? "request" : "challenge";
}

/** Error statuses that are expected: the challenge, no event stream, a JWT that can't be revoked. */
const EXPECTED = { challenge: 401, request: 405, revocation: 400 };

/** A sign-in at a server that the page has never seen, where nothing is pushed. @type {[string, import("./sequence.js").Lane, import("./sequence.js").Lane][]} */
const USUAL = [
  ["challenge", "page", "mcp"],
  ["resource_metadata", "page", "mcp"],
  ["authorization_server_metadata", "page", "server"],
  ["registration", "page", "server"],
  ["authorization", "popup", "server"],
  ["authorization_response", "server", "page"],
  ["token", "page", "server"],
  ["request", "page", "mcp"],
];

export class Exchanges {
  #sequence;
  #redirectUri;
  /**
   * Requests without an event so far, by method and URL.
   *
   * @type {Map<string, { request: import("./recorder.js").SentRequest, message: any }[]>}
   */
  #open = new Map();
  /** Who is at a host. @type {Map<string, import("./sequence.js").Lane>} */
  #lanes = new Map();
  /** The latest message of each step. @type {Map<string, any>} */
  #last = new Map();
  /** The authorization request that waits for the user. */
  #asked = null;
  /** The parameters that stay in its URL if the others were pushed (RFC 9126 §4). */
  #pushed = null;
  /** The message of its response, until the parameters are known. */
  #cameBack = null;
  /** What this tab got tokens for, until the event comes that tells all tabs. @type {"token" | "refresh" | null} */
  #gotTokens = null;

  /** For the option `fetch`. */
  fetch = recorder((request) => this.#sent(request));

  /**
   * @param {import("./sequence.js").Sequence} sequence
   * @param {string} redirectUri
   */
  constructor(sequence, redirectUri) {
    this.#sequence = sequence;
    this.#redirectUri = redirectUri;
    // The user came back from the sign-in page, which had replaced this page.
    const message = sequence.unanswered("authorization");
    if (message) this.#asked = { message, pushed: null };
    listen((parameters) => this.#heard(parameters));
  }

  /**
   * @param {import("mcp-authorize").McpAuthorizer} authorizer
   * @param {AbortSignal} [signal] ends it
   */
  follow(authorizer, signal) {
    const on = (type, listener) => authorizer.addEventListener(type, ({ detail }) => listener(detail), { signal });
    on("exchange", (exchange) => this.#ended(exchange));
    on("authorizing", ({ issuer }) => this.#authorizing(issuer));
    on("waiting", () => {
      const text = "Its page cuts it off (Cross-Origin-Opener-Policy), or it was closed. A response still arrives.";
      this.#sequence.note("The popup is out of sight", text);
    });
    // Events that all tabs get. The tab that caused one has called the token endpoint just before.
    const shared = (type, step, here, elsewhere) =>
      on(type, ({ server }) => {
        this.#sequence.note(...(this.#gotTokens === step ? [here, server] : elsewhere));
        this.#gotTokens = null;
      });
    shared("signed-in", "token", "Signed in", ["Signed in in another tab", "Its session is used here, too."]);
    shared("refreshed", "refresh", "One refresh for all tabs", [
      "Another tab has refreshed",
      "Its tokens are used here, too.",
    ]);
    on("step-up", ({ server }) => this.#sequence.note("The session has more scopes", server));
    on("signed-out", ({ server, reason }) => {
      this.#sequence.note(reason === "expired" ? "The session ran out" : "Signed out", server);
    });
  }

  /** Before anything happens, shows what will happen. */
  preview() {
    this.#sequence.preview(USUAL.map(([step, from, to]) => ({ from, to, title: RULES[step].title })));
  }

  /** There is no sign-in in progress, so nothing waits for the user. Returns whether something did. */
  left() {
    const waited = this.#asked !== null;
    this.#responded({ failed: true });
    return waited;
  }

  /** A session that was kept. @param {import("mcp-authorize").McpSession} session */
  restored({ server }) {
    this.#sequence.note("The session is back", `${server}, from this browser’s storage, without the network`);
  }

  /** What ended it. @param {import("mcp-authorize").McpAuthorizeError} error */
  failed({ code, step, message }) {
    this.#responded({ failed: true });
    if (step) this.#last.get(step)?.refuse(message);
    this.#sequence.note(code ?? "Failed", message, { failed: true });
  }

  #sent(request) {
    const step = stepOf(request);
    if (step === "challenge") this.#last.clear(); // another sign-in
    if (step === "token") {
      if (this.#asked && !this.#asked.pushed) this.#asked.message.show("Request", this.#request(request.body));
      this.#responded();
    }
    const { title, to = this.#lanes.get(new URL(request.url).host) ?? "server" } = RULES[step];
    const field = (name) => request.body.find(([key]) => key === name)?.[1] ?? "";
    const { host, pathname } = new URL(request.url);
    const call = step === "request" ? `${field("method")} ${field("params.name")}`.trim() : "";
    const message = this.#sequence.message({ from: "page", to, title, text: call || `${request.method} ${pathname}` });
    message.explain(step);
    message.show("Request", [["method", request.method], ["URL", request.url], ...request.headers, ...request.body]);
    this.#last.set(step, message);
    this.#lanes.set(host, to);
    this.#sequence.name(to, host);

    const key = `${request.method} ${request.url}`;
    const sent = { request, message, at: performance.now(), status: "no answer" };
    this.#open.set(key, [...(this.#open.get(key) ?? []), sent]);
    return {
      answered: ({ status, headers }) => {
        const duration = performance.now() - sent.at;
        sent.answer = headers;
        this.#answer(sent, step, status, duration);
        message.show("Answer", [["status", String(status)], ...headers]);
      },
      read: (body) => message.show("Answer", [["status", String(sent.status)], ...sent.answer, ...body]),
      failed: () => this.#answer(sent, step, undefined, performance.now() - sent.at),
    };
  }

  #answer(sent, step, status, duration) {
    // An opaque response has the status 0 (Fetch, filtered responses).
    sent.status = status === 0 ? "unreadable" : (status ?? "no answer");
    const expected = status < 400 || status === EXPECTED[step];
    sent.message.answer(`${sent.status} · ${Math.round(duration)} ms`, { failed: !expected });
  }

  /** The library's event says which step an exchange was. */
  #ended({ step, method, url, status, duration }) {
    if ((step === "token" || step === "refresh") && status === 200) this.#gotTokens = step;
    const queue = this.#open.get(`${method} ${url}`);
    const sent = queue?.shift();
    if (!sent || !RULES[step]) return;
    this.#answer(sent, step, status, duration);
    if (step === "authorization") {
      // A pushed request is already drawn.
      this.#pushed = status < 300 ? sent.request.body.filter(([name]) => name === "client_id") : null;
      return;
    }
    sent.message.explain(step);
  }

  #authorizing(issuer) {
    const { title } = RULES.authorization;
    this.#sequence.name("server", new URL(issuer).host);
    const message = this.#sequence.message({
      from: "popup",
      to: "server",
      title,
      text: new URL(issuer).host,
      oneWay: true,
    });
    message.explain("authorization");
    const pushed = this.#pushed;
    this.#pushed = null;
    message.show("Request", pushed ? [...pushed, ["request_uri", REDACTED]] : this.#request());
    message.wait("waiting for you");
    this.#last.set("authorization", message);
    this.#asked = { message, pushed };
  }

  /**
   * What is known of the popup's URL. The library opens it, and this page does not guess. The later token request repeats some
   * of its parameters.
   */
  #request(tokenRequest = []) {
    const repeated = (name) => tokenRequest.find(([key]) => key === name) ?? [name, "(the token request will tell)"];
    return [
      ["response_type", "code"],
      repeated("client_id"),
      ["redirect_uri", this.#redirectUri],
      repeated("resource"),
      ["code_challenge", REDACTED],
      ["code_challenge_method", "S256"],
      ["state", REDACTED],
      ["(scope and others)", "not known to this page"],
    ];
  }

  /**
   * The callback page's message may arrive before or after the library's next request. The response is drawn when the library
   * has accepted or refused it. Responses to other sign-ins are ignored.
   */
  #heard(parameters) {
    if (this.#asked) this.#asked.response = parameters;
    else this.#cameBack?.show("Response", parameters);
    this.#cameBack = null;
  }

  #responded({ failed = false } = {}) {
    if (!this.#asked) return;
    const { message: asked, response } = this.#asked;
    this.#asked = null;
    asked.answer(
      failed && !response ? "no response" : `you took ${((Date.now() - asked.sentAt) / 1000).toFixed(1)} s`,
      { failed },
    );
    if (failed && !response) return;
    const { title, errorTitle } = RULES.authorization_response;
    const message = this.#sequence.message({
      from: "server",
      to: "page",
      title: failed ? errorTitle : title,
      text: "by the callback page",
      oneWay: true,
    });
    message.explain("authorization_response", failed ? errorTitle : title);
    message.show("Response", response ?? []);
    this.#cameBack = response ? null : message;
    this.#last.set("authorization", message);
  }
}
