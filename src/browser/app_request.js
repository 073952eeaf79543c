// A request of the app: the arguments of `fetch`.

export class AppRequest {
  constructor(fetch = globalThis.fetch, input, init) {
    Object.assign(this, { fetch, init, input: "", isRequest: false });
    // Anything but a `Request` is converted to text once, as `fetch` does, so that the checked URL is the one that is sent.
    try {
      this.isRequest = typeof input?.clone === "function";
      this.input = this.isRequest ? input : String(input);
    } catch {
      // An unreadable URL is never sent.
    }
  }

  /** `init` overrides the `Request`, as with `fetch`. */
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

  /** Sending uses up a stream in `init`. A `Request` is cloned. */
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
    // The app's backend must not get the user's cookies or the address of the page.
    if (via) Object.assign(init, { credentials: "omit", referrerPolicy: "no-referrer" });
    const { fetch } = this;
    // If a request is watched, for example by developer tools, Chromium records its call stack, which is slow with WebAssembly.
    await Promise.resolve();
    return fetch(via ?? (isElsewhere ? url : input), init);
  }

  /** The `init` for sending a `Request` to another URL. Its body is read first, because HTTP/1.1 does not take a stream. */
  async #for(request) {
    if (!this.isRequest) return {};
    const { method, signal, cache, credentials, keepalive } = request;
    const body = method === "GET" || method === "HEAD" ? undefined : await request.arrayBuffer();
    return { method, signal, cache, credentials, keepalive, body };
  }
}
