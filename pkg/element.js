import { McpAuthorizer } from "mcp-authorize";
import { LOADING, watchMcpSession } from "./watch-session.js";

/** The labels of the buttons. Each has a slot with its name. */
const LABELS = { "sign-in": "Sign in", cancel: "Cancel", "sign-out": "Sign out", again: "Open it again" };
const LABEL_OF = /** @type {const} */ ({
  loading: "sign-in",
  "signed-out": "sign-in",
  "signing-in": "cancel",
  "signed-in": "sign-out",
});
/**
 * The messages beside them. Each has a slot with its name.
 *
 * @type {Record<string, string>}
 */
const MESSAGES = {
  "signing-in": "Continue in the window that opened.",
  waiting: "Continue in the window that opened. Did you close it?",
};
/** The user's own decisions, which need no message. Cancelling is no error at all: see `withUser` in watch-session.js. */
const WANTED = ["popup_closed", "redirect_abandoned", "access_denied"];

const STYLE = `
:host { display: inline-block }
:host([hidden]), [hidden] { display: none }
button {
  font: inherit;
  color: var(--mcp-sign-in-color, ButtonText);
  background: var(--mcp-sign-in-background, ButtonFace);
  border: var(--mcp-sign-in-border, 1px solid currentColor);
  border-radius: var(--mcp-sign-in-radius, 0.4em);
  padding: var(--mcp-sign-in-padding, 0.5em 1em);
  cursor: pointer;
}
button + button { margin-inline-start: 0.5em }
button:focus-visible { outline: 2px solid var(--mcp-sign-in-focus, Highlight); outline-offset: 2px }
button:disabled { opacity: 0.6; cursor: default }
p { margin: 0 }
p.says { margin-block-start: 0.5em }
@media (forced-colors: active) {
  button:disabled { color: GrayText; border-color: GrayText; opacity: 1 }
}
`;

/** The function that makes the authorizer for a name and a redirect URI. Elements with the same ones share it. */
const sources = new Map();

/**
 * @param {string | null} clientName
 * @param {string | null} redirectUri
 */
function sourceFor(clientName, redirectUri) {
  const key = JSON.stringify([clientName, redirectUri]);
  const options = { clientName: clientName ?? undefined, redirectUri: redirectUri ?? undefined };
  if (!sources.has(key)) sources.set(key, () => McpAuthorizer.create(/** @type {any} */ (options)));
  return sources.get(key);
}

/** @param {string} part */
function button(part) {
  const button = document.createElement("button");
  button.type = "button";
  button.part = part;
  button.append(document.createElement("slot"));
  return button;
}

/**
 * @param {Element} parent
 * @param {string} name
 * @param {string} text the default, if the app has nothing in the slot
 */
function say(parent, name, text) {
  const slot = /** @type {HTMLSlotElement} */ (parent.firstChild);
  slot.name = name;
  slot.textContent = text;
}

// When a server renders, there are no elements, and importing this does nothing.
/** @type {typeof HTMLElement} */
const Element = globalThis.HTMLElement ?? /** @type {any} */ (class {});

export class McpSignInElement extends Element {
  static observedAttributes = ["account", "client-name", "redirect-uri", "server"];

  /** @type {import("./watch.js").McpAuthorizerSource | undefined} */
  #authorizer;
  /** @type {ReturnType<typeof watchMcpSession> | undefined} */
  #watch;
  /**
   * What is watched: the server, the account and the source of the authorizer.
   *
   * @type {unknown[]}
   */
  #watched = [];
  #state = LOADING;
  #button = button("button");
  #again = button("again");
  #message = document.createElement("p");

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    // Not a <style> element, which a Content-Security-Policy without inline styles would block.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.#message.part = "message";
    this.#message.setAttribute("role", "status");
    const text = document.createElement("slot");
    text.addEventListener("slotchange", () => this.#space());
    this.#message.append(text);
    root.append(this.#button, this.#again, this.#message);
    this.#button.addEventListener("click", () => this.#click());
    this.#again.addEventListener("click", () => this.#signIn());
    say(this.#again, "again", LABELS.again);
    this.#show();
  }

  connectedCallback() {
    // A property that was set before the element was defined hides the one of the class.
    if (Object.hasOwn(this, "authorizer")) {
      const { authorizer } = this;
      delete this.authorizer;
      this.#authorizer = authorizer;
    }
    this.#changed();
  }

  disconnectedCallback() {
    this.#changed();
  }

  attributeChangedCallback() {
    this.#changed();
  }

  get server() {
    return this.getAttribute("server") ?? "";
  }

  set server(url) {
    this.setAttribute("server", url);
  }

  get account() {
    return this.getAttribute("account");
  }

  set account(name) {
    this.#set("account", name);
  }

  get clientName() {
    return this.getAttribute("client-name");
  }

  set clientName(name) {
    this.#set("client-name", name);
  }

  get redirectUri() {
    return this.getAttribute("redirect-uri");
  }

  set redirectUri(url) {
    this.#set("redirect-uri", url);
  }

  get authorizer() {
    return this.#authorizer;
  }

  set authorizer(authorizer) {
    this.#authorizer = authorizer;
    this.#changed();
  }

  get status() {
    return this.#state.status;
  }

  get waiting() {
    return this.#state.waiting;
  }

  get error() {
    return this.#state.error;
  }

  get session() {
    return this.#state.session;
  }

  /**
   * @param {string} attribute
   * @param {string | null} value
   */
  #set(attribute, value) {
    if (value === null) this.removeAttribute(attribute);
    else this.setAttribute(attribute, value);
  }

  /** Treats several changes in a row, and a move within the page, as one. */
  #changed() {
    queueMicrotask(() => {
      const { isConnected, server, account } = this;
      const source = this.#authorizer ?? sourceFor(this.clientName, this.redirectUri);
      const wanted = isConnected ? [server, account, source] : [];
      // Frameworks set attributes to their current values. That must not end a sign-in.
      if (wanted.length === this.#watched.length && wanted.every((value, at) => value === this.#watched[at])) return;
      this.#watched = wanted;
      this.#watch?.close();
      const show = (/** @type {import("./watch.js").McpSessionState} */ state) => {
        this.#state = state;
        this.#show();
        this.dispatchEvent(new CustomEvent("mcp-session-change", { bubbles: true, composed: true, detail: state }));
      };
      this.#watch = isConnected ? watchMcpSession(server, source, show, { account: account ?? undefined }) : undefined;
    });
  }

  #click() {
    if (this.status === "signing-in") this.#watch?.cancel();
    else if (this.status === "signed-in") void this.#watch?.signOut();
    else this.#signIn();
  }

  #signIn() {
    void this.#watch?.signIn();
  }

  // Keeps the same buttons, so that they keep the focus.
  #show() {
    const { status, waiting, error } = this.#state;
    if (this.isConnected) {
      this.setAttribute("status", status);
      this.toggleAttribute("waiting", waiting);
    }
    const label = LABEL_OF[status];
    say(this.#button, label, LABELS[label]);
    this.#button.disabled = status === "loading";
    if (!waiting && this.#again.matches(":focus")) this.#button.focus();
    this.#again.hidden = !waiting;
    const trouble = error && !WANTED.includes(error.code ?? "") ? (error.userMessage ?? error.message) : "";
    const message = waiting ? "waiting" : trouble && status !== "signing-in" ? "error" : status;
    say(this.#message, message, MESSAGES[message] ?? (message === "error" ? trouble : ""));
    this.#space();
  }

  /** Shows the space for the message if there is one, from the app or the element. */
  #space() {
    const slot = /** @type {HTMLSlotElement} */ (this.#message.firstChild);
    this.#message.classList.toggle("says", slot.assignedNodes({ flatten: true }).length > 0);
  }
}

if (globalThis.customElements && !customElements.get("mcp-sign-in")) {
  customElements.define("mcp-sign-in", McpSignInElement);
}
