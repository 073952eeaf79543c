import { McpAuthorizer } from "mcp-authorize";
import { LOADING, watchMcpSession } from "./watch.js";

const LABELS = { "sign-in": "Sign in", cancel: "Cancel", "sign-out": "Sign out" };
const LABEL_OF = { loading: "sign-in", "signed-out": "sign-in", "signing-in": "cancel", "signed-in": "sign-out" };
/** The user's own will: nothing that they have to be told. */
const WANTED = ["aborted", "popup_closed", "redirect_abandoned", "access_denied"];

const STYLE = `
:host { display: inline-block }
:host([hidden]) { display: none }
button {
  font: inherit;
  color: var(--mcp-sign-in-color, ButtonText);
  background: var(--mcp-sign-in-background, ButtonFace);
  border: var(--mcp-sign-in-border, 1px solid currentColor);
  border-radius: var(--mcp-sign-in-radius, 0.4em);
  padding: var(--mcp-sign-in-padding, 0.5em 1em);
  cursor: pointer;
}
button:focus-visible { outline: 2px solid var(--mcp-sign-in-focus, Highlight); outline-offset: 2px }
button:disabled { opacity: 0.6; cursor: default }
p { margin: 0 }
p:not(:empty) { margin-block-start: 0.5em }
`;

/** What makes the authorizer for a name and a redirect URI: elements that agree on them share it. */
const sources = new Map();

function sourceFor(clientName, redirectUri) {
  const key = JSON.stringify([clientName, redirectUri]);
  if (!sources.has(key)) sources.set(key, () => McpAuthorizer.create({ clientName, redirectUri }));
  return sources.get(key);
}

// While a server renders there are no elements, and importing this does nothing.
const Element = globalThis.HTMLElement ?? class {};

export class McpSignInElement extends Element {
  static observedAttributes = ["server"];

  #authorizer;
  #watch;
  #cancel;
  #state = LOADING;
  #button = document.createElement("button");
  #label = document.createElement("slot");
  #message = document.createElement("p");

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    // Not in an element, which a Content-Security-Policy without inline styles would refuse.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.#button.type = "button";
    this.#button.part = "button";
    this.#message.part = "message";
    this.#message.setAttribute("role", "status");
    this.#button.append(this.#label);
    root.append(this.#button, this.#message);
    this.#button.addEventListener("click", () => this.#click());
    this.#show();
  }

  connectedCallback() {
    // A property that was set before the element was known hides the one of the class.
    if (Object.hasOwn(this, "authorizer")) {
      const { authorizer } = this;
      delete this.authorizer;
      this.#authorizer = authorizer;
    }
    this.#start();
  }

  disconnectedCallback() {
    this.#watch?.close();
    this.#watch = undefined;
  }

  attributeChangedCallback() {
    if (this.#watch) this.#start();
  }

  get server() {
    return this.getAttribute("server") ?? "";
  }

  set server(url) {
    this.setAttribute("server", url);
  }

  get authorizer() {
    return this.#authorizer;
  }

  set authorizer(authorizer) {
    this.#authorizer = authorizer;
    if (this.#watch) this.#start();
  }

  get status() {
    return this.#state.status;
  }

  get error() {
    return this.#state.error;
  }

  get session() {
    return this.#state.session;
  }

  #start() {
    this.#watch?.close();
    const own = this.getAttribute.bind(this);
    const source = this.#authorizer ?? sourceFor(own("client-name") ?? undefined, own("redirect-uri") ?? undefined);
    this.#watch = watchMcpSession(this.server, source, (state) => {
      this.#state = state;
      this.#show();
      this.dispatchEvent(new CustomEvent("mcp-session-change", { bubbles: true, composed: true, detail: state }));
    });
  }

  #click() {
    if (this.status === "signing-in") return this.#cancel.abort();
    if (this.status === "signed-in") return void this.#watch.signOut();
    this.#cancel = new AbortController();
    this.#watch.signIn({ signal: this.#cancel.signal });
  }

  // The button stays the same, and with it the focus.
  #show() {
    const { status, error } = this.#state;
    const label = LABEL_OF[status];
    if (this.isConnected) this.setAttribute("status", status);
    this.#button.disabled = status === "loading";
    this.#label.name = label;
    this.#label.textContent = LABELS[label];
    const trouble = error && !WANTED.includes(error.code) ? [error.message, error.remedy].filter(Boolean).join(" ") : "";
    this.#message.textContent = status === "signing-in" ? "Go on in the window that opened." : trouble;
  }
}

if (globalThis.customElements && !customElements.get("mcp-sign-in")) {
  customElements.define("mcp-sign-in", McpSignInElement);
}
