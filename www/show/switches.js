// The switches: the page's options (stored in this browser), and the settings of the demo's own servers (stored by them). Other
// servers have no switches.

import { find } from "./dom.js";
import { by } from "./proxy.js";

const KEY = "switches";
/** The path of the servers' switches. */
const SERVERS = "switches";

/**
 * @typedef {{ mcpUrl?: string, clientId?: string, clientIdMetadataUrl?: string, hasServers?: boolean, forwards?: string[], scopeWords?: Record<string, string> }} Config
 *   what the page knows of its environment: the demo's server and its scopes in words, the page's client ids, and the origins
 *   that its backend forwards to
 */

export class Switches {
  #form = find("switches");
  #config;

  /**
   * @param {Config} config
   * @param {() => void} onChange called when the options change
   */
  constructor(config, onChange) {
    this.#config = config;
    const { elements } = this.#form;
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    elements.identity.value = kept.identity ?? "registration";
    elements.display.value = kept.display ?? "popup";
    elements.dpop.value = kept.dpop ?? "auto";
    elements.clientId.value = kept.clientId ?? config.clientId ?? "";
    elements.proxy.checked = Boolean(kept.proxy);
    find("by-proxy").hidden = !config.forwards;
    find("by-document").disabled = !config.clientIdMetadataUrl;
    if (elements.identity.selectedOptions[0]?.disabled) elements.identity.value = "registration";
    this.#show();

    find("page-switches").addEventListener("change", () => {
      this.#show();
      if (!this.#form.reportValidity()) return;
      localStorage.setItem(KEY, JSON.stringify(this.#kept()));
      onChange();
    });
  }

  /** Options of `McpAuthorizer.create`. */
  get options() {
    const { identity, clientId, proxy, display, dpop } = this.#kept();
    /** @type {Pick<import("mcp-authorize").McpCommonOptions, "display" | "dpop" | "proxy">} */
    const options = { display, dpop };
    if (proxy && this.#config.forwards) options.proxy = by(this.#config.forwards);
    switch (identity) {
      case "document":
        return { ...options, clientIdMetadataUrl: this.#config.clientIdMetadataUrl };
      case "preregistered":
        return { ...options, clientId };
      default:
        return options;
    }
  }

  /** Shows the switches of the demo's servers, if there are servers. */
  async connect() {
    const group = find("server-switches");
    group.hidden = !this.#config.hasServers;
    if (group.hidden) return;
    const controls = [...group.querySelectorAll("[name]")];
    const show = (state) => {
      for (const control of controls) {
        if (control.type === "checkbox") control.checked = state[control.name];
        else control.value = state[control.name];
      }
    };
    show(await (await fetch(SERVERS)).json());
    group.addEventListener("change", async ({ target }) => {
      const value = target.type === "checkbox" ? target.checked : target.value;
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(SERVERS, { method: "PUT", headers, body: JSON.stringify({ [target.name]: value }) });
      if (answer.ok) show(await answer.json());
    });
  }

  /** Disables the page's switches: a sign-in keeps the options that it began with. */
  set disabled(yes) {
    find("page-switches").disabled = yes;
  }

  #kept() {
    const { identity, clientId, display, dpop, proxy } = this.#form.elements;
    return {
      identity: identity.value,
      clientId: clientId.value.trim(),
      display: display.value,
      dpop: dpop.value,
      proxy: proxy.checked,
    };
  }

  #show() {
    const { identity, clientId } = this.#form.elements;
    find("client-id").hidden = clientId.disabled = identity.value !== "preregistered";
  }
}
