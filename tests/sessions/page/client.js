// Shared by tabs and workers: an authorizer, its session and a clock that can be changed.

const { mcpUrl, entry = "index" } = await (await fetch("/config.json")).json();
const { McpAuthorizer } = await import(`/pkg/${entry}.js`);
const now = Date.now;

export const app = {
  mcpUrl,
  authorizer: undefined,
  session: null,
  /** The authorizer's events, in order: `{ type, …detail }`, and separately its exchanges. */
  events: [],
  exchanges: [],

  async start(options) {
    const redirectUri = new URL("/callback.html", location.href);
    this.authorizer = await McpAuthorizer.create({ clientName: "Session tests", redirectUri, ...options });
    for (const type of ["signed-in", "refreshed", "step-up", "signed-out", "storage", "authorizing"]) {
      this.authorizer.addEventListener(type, ({ detail }) => {
        this.events.push({ type, ...detail });
        for (const listener of this.listeners) listener();
      });
    }
    this.authorizer.addEventListener("exchange", ({ detail }) => this.exchanges.push(detail));
    this.session = await this.authorizer.restore(mcpUrl);
  },

  listeners: new Set(),

  /** Waits for an event of a type, and returns all of them. */
  async event(type) {
    const found = () => this.events.filter((event) => event.type === type);
    while (found().length === 0) {
      await new Promise((done) => {
        const listener = (event) => (this.listeners.delete(listener), done(event));
        this.listeners.add(listener);
      });
    }
    return found();
  },

  /** Sets the clock to `late` milliseconds after the token's expiry. */
  expire(late = 1000) {
    const ahead = this.session.expiresAt.getTime() + late - now();
    Date.now = () => now() + ahead;
  },

  /** Sets the clock to `ahead` milliseconds after the real time. */
  setClock(ahead) {
    Date.now = () => now() + ahead;
  },

  /** Calls a tool. Returns "ok" or the error. */
  async call(n = 1, init) {
    try {
      const response = await this.tool("add", { a: n, b: 1 }, { id: n, ...init });
      if (response.status !== 200) return `status ${response.status}`;
      const answer = await response.text();
      return answer.includes(`${n} + 1 = ${n + 1}`) ? "ok" : answer;
    } catch (error) {
      return error?.code ?? String(error);
    }
  },

  /** Calls a tool that needs the scope mcp:write. Returns "ok", or rejects like fetch. */
  async write(init) {
    const response = await this.tool("write_note", { note: "Water the plants" }, init);
    const answer = await response.text();
    return answer.includes("is kept") ? "ok" : answer;
  },

  tool(name, input, { id = 1, ...init } = {}) {
    return this.session.fetch(mcpUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: input } }),
      ...init,
    });
  },

  /** Makes several calls at once. */
  calls(count) {
    return Promise.all(Array.from({ length: count }, (_, n) => this.call(n)));
  },

  /** The decrypted records of the database: each `{ name, text }`, with the stored name in hexadecimal. */
  async records() {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open("mcp-authorize", 2));
    const all = (store, method) => done(database.transaction(store).objectStore(store)[method]());
    const [ids, records] = [await all("records", "getAllKeys"), await all("records", "getAll")];
    const key = await done(database.transaction("keys").objectStore("keys").get("records"));
    database.close();
    return Promise.all(
      ids.map(async (additionalData, at) => {
        const { iv, data } = records[at];
        const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data);
        const bytes = [...new Uint8Array(additionalData)];
        return {
          name: bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
          text: new TextDecoder().decode(text),
        };
      }),
    );
  },

  /** The result of a promise, as plain values that can leave the page. */
  outcome(promise) {
    return promise.then(
      (value) => ({ value }),
      ({ name, code, step, message, serverError, scopes, cause }) => ({
        error: {
          name,
          code,
          step,
          message,
          serverError,
          scopes,
          cause: cause && { name: cause.name, code: cause.code },
        },
      }),
    );
  },
};
