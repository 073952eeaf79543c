// The part that the official SDK leaves to its users: where tokens and registrations are kept, and how the user gets
// to the sign-in page. In localStorage, as its documentation and most apps have it, with everything that the
// interface offers: the discovery's results are kept, and what the server calls invalid is forgotten.

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
