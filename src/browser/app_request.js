// A request of the app's: the arguments of `fetch`.

export class AppRequest {
  constructor(fetch = globalThis.fetch, input, init) {
    Object.assign(this, { fetch, init, input: "", isRequest: false });
    // What is no `Request` is read as text once, as `fetch` reads it, so that what is checked is what is sent.
    try {
      this.isRequest = typeof input?.clone === "function";
      this.input = this.isRequest ? input : String(input);
    } catch {
      // What can't be read leads nowhere.
    }
  }

  /** `init` comes before the `Request`, as with `fetch`. */
  member(name) {
    const own = this.init?.[name];
    return own === undefined && this.isRequest ? this.input[name] : own;
  }

  get url() {
    return this.isRequest ? this.input.url : this.input;
  }

  get method() {
    return String(this.member("method") ?? "GET");
  }

  get redirect() {
    return this.member("redirect") ?? "follow";
  }

  get follows() {
    return this.redirect === "follow";
  }

  get signal() {
    const signal = this.member("signal");
    return signal instanceof AbortSignal ? signal : undefined;
  }

  /** A stream in `init` is spent when it is sent. A `Request` is cloned. */
  get canResend() {
    return typeof this.init?.body?.getReader !== "function";
  }

  /** The names of its headers, joined by commas. */
  get headerNames() {
    return [...new Headers(this.member("headers")).keys()].filter((name) => name !== "accept").join();
  }

  async send(authorization, dpop, manual, url, via) {
    const headers = new Headers(this.member("headers"));
    headers.set("authorization", authorization);
    if (dpop) headers.set("dpop", dpop);
    const isElsewhere = via || (this.isRequest && url !== this.input.url);
    const input = this.isRequest ? this.input.clone() : url;
    const init = { ...(isElsewhere && (await this.#for(input))), ...this.init, headers };
    if (manual) init.redirect = "manual";
    // The app's backend is not to take the user's cookies for the word of the page, nor to learn its address.
    if (via) Object.assign(init, { credentials: "omit", referrerPolicy: "no-referrer" });
    const { fetch } = this;
    // Chromium notes who calls where a request is watched, as by its developer tools, and takes its time over WebAssembly.
    await Promise.resolve();
    return fetch(via ?? (isElsewhere ? url : input), init);
  }

  /** What a `Request` has that goes to another URL. Its body is read before: HTTP/1.1 takes no stream. */
  async #for(request) {
    if (!this.isRequest) return {};
    const { method, signal, cache, credentials, keepalive } = request;
    const body = method === "GET" || method === "HEAD" ? undefined : await request.arrayBuffer();
    return { method, signal, cache, credentials, keepalive, body };
  }
}
