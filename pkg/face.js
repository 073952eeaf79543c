// The face of the package: real classes around the generated bindings. It decides nothing.
import { fail, McpAuthorizeError, unloadable } from "./error.js";

export { McpAuthorizeError };

/** @import { Authorizer, Session } from "./wasm/enterprise.js" */
/** @import { AccountOptions, DiagnoseOptions, RestoreOptions, SignInOptions, StepUpOptions, WaitOptions } from "./index.js" */

/** @typedef {typeof Authorizer | typeof import("./wasm/mcp_authorize.js").Authorizer} Core */

/** @type {() => Promise<Core>} */
let loader;
/** @type {Promise<Core> | undefined} */
let loading;
/** @type {() => Promise<{ diagnose: ReturnType<typeof import("./diagnosis.js").diagnoseBy> }>} */
let diagnosis;
/** @type {() => Promise<{ openUrl: ReturnType<typeof import("./url-request.js").openUrlBy> }>} */
let opening;

/**
 * Each entry sets how to load the WebAssembly module in its environment. The entry that is imported first decides.
 *
 * @param {typeof loader} load
 * @param {typeof diagnosis} loadDiagnosis
 * @param {typeof opening} loadOpening
 */
export function loadBy(load, loadDiagnosis, loadOpening) {
  loader ??= load;
  diagnosis ??= loadDiagnosis;
  opening ??= loadOpening;
}

/**
 * A module with more functions replaces the other one, whichever entry is imported first.
 *
 * @param {typeof loader} load
 */
export function loadInsteadBy(load) {
  loader = load;
  loading = undefined;
}

/** Loads the module once, and again after a failure. */
function load() {
  loading ??= loader().catch((cause) => {
    loading = undefined;
    throw unloadable(cause);
  });
  return loading;
}

/** Loads the WebAssembly module in advance, for `create`. */
export async function preload() {
  await load();
}

/**
 * Adds `stepUp` to the error of a request that needs a step-up.
 *
 * @param {McpSession} session
 * @param {any} thrown
 */
function failIn(session, thrown) {
  const { scopes, acrValues, maxAge } = thrown ?? {};
  if (scopes)
    thrown.stepUp = (/** @type {WaitOptions} */ options) => session.stepUp({ scopes, acrValues, maxAge, ...options });
  fail(thrown);
}

/** @type {<T>(url: T | URL) => T | string} */
const text = (url) => (url instanceof URL ? url.href : url);

/**
 * Options with texts instead of URL objects.
 *
 * @param {any} options
 * @param {string[]} names
 */
function withTexts(options, names) {
  if (Object(options) !== options) return options;
  const plain = { ...options };
  for (const name of names) plain[name] = text(plain[name]);
  return plain;
}

export class McpAuthorizerEvent extends Event {
  /**
   * @param {string} type
   * @param {unknown} detail
   */
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

export class McpAuthorizer extends EventTarget {
  /** @type {Authorizer} */
  #core;
  /** @type {object} */
  #options;
  #closing = new AbortController();

  /** @param {any} options */
  static async create(options) {
    const Core = /** @type {typeof Authorizer} */ (await load());
    const authorizer = new McpAuthorizer();
    const plain = withTexts({ ...options }, [
      "redirectUri",
      "clientUri",
      "clientIdMetadataUrl",
      "logoUri",
      "tosUri",
      "policyUri",
    ]);
    plain.grant = withTexts(plain.grant, ["tokenEndpoint"]);
    if (plain.grant?.identityProvider) {
      plain.grant.identityProvider = withTexts(plain.grant.identityProvider, ["issuer"]);
    }
    plain.popup = withTexts(plain.popup, ["url"]);
    try {
      authorizer.#core = new Core(plain, (/** @type {string} */ type, /** @type {unknown} */ detail) =>
        authorizer.dispatchEvent(new McpAuthorizerEvent(type, detail)),
      );
    } catch (error) {
      fail(error);
    }
    authorizer.#options = plain;
    await authorizer.#core.prepare?.().catch(fail);
    return authorizer;
  }

  /**
   * Not async: the popup has to open before this returns.
   *
   * @param {string | URL} server
   * @param {SignInOptions} [options]
   */
  signIn(server, { account, scopes, authorizationParameters, signal } = {}) {
    return this.#core
      .signIn(text(server), account, scopes, authorizationParameters, signal)
      .then((core) => new McpSession(core), fail);
  }

  /**
   * @param {string | URL} server
   * @param {RestoreOptions} [options]
   */
  restore(server, { account, signal } = {}) {
    return this.#core
      .restore(text(server), account, undefined, signal)
      .then((core) => (core ? new McpSession(core) : null), fail);
  }

  /**
   * @param {import("./steps.js").Tokens} tokens
   * @param {AccountOptions} [options]
   */
  adopt(tokens, { account } = {}) {
    return this.#core.restore(tokens?.server, account, tokens).then((core) => new McpSession(core), fail);
  }

  sessions() {
    return this.#core
      .sessions()
      .then((/** @type {Session[]} */ cores) => cores.map((core) => new McpSession(core)), fail);
  }

  /**
   * @param {string | URL} server
   * @param {AccountOptions} [options]
   */
  forget(server, { account } = {}) {
    return this.#core.forget(text(server), account).catch(fail);
  }

  /** @param {string | URL} issuer */
  forgetClient(issuer) {
    return this.#core.forgetClient(String(text(issuer))).catch(fail);
  }

  async signOutOfIdentityProvider() {
    return (await this.#core.signOutOfIdentityProvider?.().catch(fail)) ?? false;
  }

  /**
   * @param {string | URL} server
   * @param {DiagnoseOptions} [options]
   */
  async diagnose(server, { register, origin, signal } = {}) {
    const { diagnose } = await diagnosis().catch((cause) => fail(unloadable(cause)));
    return diagnose(text(server), { ...this.#options, register, origin }, signal).catch(fail);
  }

  /**
   * @param {string} url
   * @param {import("./index.js").OpenUrlOptions} options
   */
  async openUrl(url, { server, ...options }) {
    const { openUrl } = await opening().catch((cause) => fail(unloadable(cause)));
    return openUrl(url, text(server), options, this.#closing.signal);
  }

  async close() {
    this.#closing.abort();
    this.#core.close();
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.close();
  }

  get capabilities() {
    const { extension } = this.#core;
    return extension ? { extensions: { [extension]: {} } } : {};
  }
}

export class McpSession {
  /** @type {Session} */
  #core;

  /** @param {Session} core */
  constructor(core) {
    this.#core = core;
    this.authProvider = {
      token: () => core.bearerToken().catch(fail),
      onUnauthorized: () => core.refreshRefused().catch(fail),
    };
    /** @type {typeof fetch} */
    this.fetch = (input, init) => core.fetch(input, init).catch((thrown) => failIn(this, thrown));
  }

  get server() {
    return this.#core.facts.server;
  }

  get account() {
    return this.#core.facts.account;
  }

  get resource() {
    return this.#core.facts.resource;
  }

  get issuer() {
    return this.#core.facts.issuer;
  }

  get clientId() {
    return this.#core.facts.clientId;
  }

  get scopes() {
    return Object.freeze(this.#core.facts.scopes);
  }

  get expiresAt() {
    return this.#core.facts.expiresAt;
  }

  get user() {
    return this.#core.facts.user;
  }

  get canRefresh() {
    return this.#core.facts.canRefresh;
  }

  /** @param {WaitOptions} [options] */
  accessToken({ signal } = {}) {
    return this.#core.accessToken(signal, false).catch(fail);
  }

  /** @param {WaitOptions} [options] */
  refresh({ signal } = {}) {
    return this.#core.refresh(signal).catch(fail);
  }

  /**
   * Not async: the popup has to open before this returns.
   *
   * @param {StepUpOptions} [options]
   */
  stepUp({ scopes, acrValues, maxAge, signal } = {}) {
    return this.#core.stepUp(scopes, acrValues, maxAge, signal).catch(fail);
  }

  /** @param {WaitOptions} [options] */
  async export(options) {
    const record = await this.#core.accessToken(options?.signal, true).catch(fail);
    const { account, failed_at, retry_at, ...tokens } = JSON.parse(record);
    return tokens;
  }

  /** @param {WaitOptions} [options] */
  signOut({ signal } = {}) {
    return this.#core.signOut(signal).catch(fail);
  }
}
