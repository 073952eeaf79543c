// The face of the package: real classes around the generated bindings. It decides nothing.
import { McpAuthorizeError } from "./error.js";
import { Authorizer } from "./wasm/mcp_authorize.js";

export { McpAuthorizeError };

let loader;
let loading;
let diagnosis;

/**
 * Each entry says how its environment loads the WebAssembly module, and the one that is imported first is heard.
 * Nothing is loaded before it is needed.
 */
export function loadBy(load, loadDiagnosis) {
  loader ??= load;
  diagnosis ??= loadDiagnosis;
}

/** Once; a failed attempt does not spoil the next one. */
function load() {
  loading ??= loader().catch((cause) => {
    loading = undefined;
    throw unloadable(cause);
  });
  return loading;
}

const unloadable = (cause) =>
  new McpAuthorizeError({
    code: "unsupported",
    step: "setup",
    message: "The WebAssembly module of mcp-authorize could not be loaded.",
    remedy:
      "Serve mcp_authorize_bg.wasm beside the script or import mcp-authorize/inline, and allow 'wasm-unsafe-eval' in the " +
      'Content-Security-Policy. With Vite 5 to 7, add optimizeDeps: { exclude: ["mcp-authorize"] } to its configuration.',
    cause,
  });

/** Rust throws an error's fields; callers get a real Error. Anything else is the caller's own, as a signal's reason. */
function fail(thrown) {
  throw typeof thrown?.remedy === "string" ? new McpAuthorizeError(thrown) : thrown;
}

/** The error of a request that needs more scopes carries the means to get them. */
function failIn(session, thrown) {
  const { code, scopes } = thrown ?? {};
  if (code === "insufficient_scope" && scopes) thrown.stepUp = (options) => session.stepUp({ scopes, ...options });
  fail(thrown);
}

const text = (url) => (url instanceof URL ? url.href : url);

export class McpAuthorizerEvent extends Event {
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

export class McpAuthorizer extends EventTarget {
  #core;
  #options;

  static async create(options) {
    await load();
    const authorizer = new McpAuthorizer();
    const urls = ["redirectUri", "clientUri", "clientIdMetadataUrl"];
    const plain = { ...options };
    for (const name of urls) plain[name] = text(plain[name]);
    if (plain.grant) plain.grant = { ...plain.grant, tokenEndpoint: text(plain.grant.tokenEndpoint) };
    try {
      authorizer.#core = new Authorizer(plain, (type, detail) =>
        authorizer.dispatchEvent(new McpAuthorizerEvent(type, detail)),
      );
    } catch (error) {
      fail(error);
    }
    authorizer.#options = plain;
    return authorizer;
  }

  // Not async: the popup has to open before this returns.
  signIn(server, { scopes, signal } = {}) {
    return this.#core.signIn(text(server), scopes, signal).then((core) => new McpSession(core), fail);
  }

  restore(server) {
    return this.#core.restore(text(server)).then((core) => (core ? new McpSession(core) : null), fail);
  }

  async diagnose(server, { register, origin, signal } = {}) {
    const { diagnose } = await diagnosis().catch((cause) => fail(unloadable(cause)));
    return diagnose(text(server), { ...this.#options, register, origin }, signal).catch(fail);
  }
}

export class McpSession {
  #core;

  constructor(core) {
    this.#core = core;
    this.authProvider = {
      token: () => core.bearerToken().catch(fail),
      onUnauthorized: () => core.refreshRefused().catch(fail),
    };
    this.fetch = (input, init) => core.fetch(input, init).catch((thrown) => failIn(this, thrown));
  }

  get #facts() {
    return JSON.parse(this.#core.facts);
  }

  get server() {
    return this.#facts.server;
  }

  get resource() {
    return this.#facts.resource;
  }

  get issuer() {
    return this.#facts.issuer;
  }

  get clientId() {
    return this.#facts.clientId;
  }

  get scopes() {
    return this.#facts.scopes;
  }

  get expiresAt() {
    const time = this.#facts.expiresAt;
    return time === undefined ? null : new Date(time);
  }

  get canRefresh() {
    return "canRefresh" in this.#facts;
  }

  accessToken({ signal } = {}) {
    return this.#core.accessToken(signal).catch(fail);
  }

  refresh({ signal } = {}) {
    return this.#core.refresh(signal).catch(fail);
  }

  // Not async: the popup has to open before this returns.
  stepUp({ scopes, signal } = {}) {
    return this.#core.stepUp(scopes, signal).catch(fail);
  }

  signOut({ signal } = {}) {
    return this.#core.signOut(signal).catch(fail);
  }
}
