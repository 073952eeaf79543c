// The part that the official SDK leaves to apps: storing tokens and registrations, and opening the sign-in page. Uses
// localStorage, like its documentation and most apps, and implements the whole interface: it stores the discovery's
// results, and deletes what the server calls invalid.

export class BrowserProvider {
  #prefix = "mcp ";

  /** @param {{ redirectUrl: string, redirect(url: URL): void, clientMetadataUrl?: string, dpop?: object }} options */
  constructor({ redirectUrl, redirect, clientMetadataUrl, dpop }) {
    this.redirectUrl = redirectUrl;
    this.clientMetadataUrl = clientMetadataUrl;
    this.redirectToAuthorization = redirect;
    if (dpop) this.dpop = () => dpop;
  }

  get clientMetadata() {
    return {
      client_name: "Benchmark",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  #load(name) {
    return JSON.parse(localStorage.getItem(this.#prefix + name)) ?? undefined;
  }

  #save(name, value) {
    localStorage.setItem(this.#prefix + name, JSON.stringify(value));
  }

  clientInformation = () => this.#load("client");
  saveClientInformation = (client) => this.#save("client", client);
  tokens = () => this.#load("tokens");
  saveTokens = (tokens) => this.#save("tokens", tokens);
  codeVerifier = () => this.#load("verifier");
  saveCodeVerifier = (verifier) => this.#save("verifier", verifier);
  discoveryState = () => this.#load("discovery");
  saveDiscoveryState = (state) => this.#save("discovery", state);

  invalidateCredentials(scope) {
    const names = scope === "all" ? ["client", "tokens", "verifier", "discovery"] : [scope];
    for (const name of names) localStorage.removeItem(this.#prefix + name);
  }
}
