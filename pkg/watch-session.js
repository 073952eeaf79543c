// The state of one server's session, for user interfaces. The base of the hooks, the stores and the custom element.
import { authorizerFrom, whenMade } from "./authorizer-source.js";

/** @import { McpAuthorizer, McpSession } from "./index.js" */
/** @import { McpAuthorizerSource, McpSessionError, McpSessionState } from "./watch.js" */

/** @type {McpSessionState} */
export const LOADING = Object.freeze({ status: "loading", waiting: false, error: null, session: null, fetch: null });

/**
 * Different texts may be the same URL.
 *
 * @param {string} url
 */
export function canonical(url) {
  try {
    const { origin, pathname, search } = new URL(url);
    return origin + pathname + search;
  } catch {
    return url; // The library says what is wrong with it.
  }
}

/** @type {(one: McpSessionState | undefined, other: McpSessionState) => boolean} */
const same = (one, other) =>
  one?.status === other.status &&
  one.waiting === other.waiting &&
  one.error === other.error &&
  one.session === other.session;

/**
 * @param {string | URL} server
 * @param {McpAuthorizerSource} source
 * @param {(state: McpSessionState) => void} onChange
 * @param {import("./index.js").AccountOptions} [options]
 * @returns {ReturnType<typeof import("./watch.js").watchMcpSession>}
 */
export function watchMcpSession(server, source, onChange, { account } = {}) {
  const url = String(server);
  const closed = new AbortController();
  let { authorizer } = authorizerFrom(source);
  /** @type {Promise<void> | undefined} */
  let starting;
  let loading = true;
  /**
   * Ends the sign-in or step-up that waits for the user.
   *
   * @type {AbortController | undefined}
   */
  let underWay;
  let waiting = false;
  /**
   * That sign-in or step-up; resolves when it has ended.
   *
   * @type {Promise<unknown>}
   */
  let pending;
  /** Another part of the page, or another tab, signed in meanwhile. */
  let news = false;
  /** @type {McpSession | null} */
  let session = null;
  /** @type {McpSessionError | null} */
  let error = null;
  /** @type {McpSessionState | undefined} */
  let shown;

  function show() {
    if (closed.signal.aborted) return;
    const signedIn = session ? "signed-in" : "signed-out";
    const status = underWay ? "signing-in" : signedIn;
    const fetch = session?.fetch ?? null;
    const state = loading ? LOADING : /** @type {McpSessionState} */ ({ status, waiting, error, session, fetch });
    if (same(shown, state)) return;
    shown = state;
    onChange(state);
  }

  /**
   * Shows a failure, and does not reject: click handlers do not await this.
   *
   * @template T
   * @param {() => Promise<T>} work
   */
  async function attempt(work) {
    error = null;
    try {
      return await work();
    } catch (thrown) {
      error = thrown;
      return null;
    } finally {
      show();
    }
  }

  const isOurs = (/** @type {CustomEvent<{ server: string, account?: string }>} */ { detail }) =>
    canonical(detail.server) === canonical(url) && detail.account === account;
  /** The authorizer. Only called when it exists. */
  const known = () => /** @type {McpAuthorizer} */ (authorizer);
  const stored = () => known().restore(url, { account });
  const restore = async () => {
    session = await stored();
  };

  /** There was a sign-in or a step-up: by this watch, another part of this page, or another tab. */
  async function onNewTokens(/** @type {any} */ event) {
    if (!isOurs(event)) return;
    const own = underWay;
    if (!own) return attempt(restore);
    news = true;
    if (!waiting) return;
    // Ends the wait for a popup that is no longer needed. If that popup did the sign-in, it has already ended.
    const found = await stored().catch(() => null);
    if (found) own.abort();
  }

  function onWaiting(/** @type {any} */ event) {
    if (!underWay || !isOurs(event)) return;
    waiting = true;
    show();
  }

  function onSignedOut(/** @type {any} */ event) {
    if (!isOurs(event)) return;
    session = null;
    show();
  }

  function start() {
    starting ??= (async () => {
      try {
        authorizer = await authorizerFrom(source).ready;
        if (closed.signal.aborted) return;
        const { signal } = closed;
        authorizer.addEventListener("signed-in", onNewTokens, { signal });
        authorizer.addEventListener("step-up", onNewTokens, { signal });
        authorizer.addEventListener("waiting", onWaiting, { signal });
        authorizer.addEventListener("signed-out", onSignedOut, { signal });
        const found = await stored();
        session ??= found; // A sign-in may have finished first.
      } finally {
        loading = false;
        if (!authorizer) {
          starting = undefined;
          whenMade(source, () => void attempt(start));
        }
      }
    })();
    return starting;
  }

  show();
  void attempt(start);

  /**
   * Runs a sign-in or step-up. It ends with the watch, by `cancel`, by the caller's own signal, and when the next one begins:
   * a user does one sign-in at a time.
   *
   * @param {AbortSignal | undefined} signal
   * @param {(signal: AbortSignal, before?: Promise<unknown>) => Promise<unknown>} work gets the one that it replaces
   */
  function withUser(signal, work) {
    const own = new AbortController();
    const before = underWay && pending;
    const abort = () => own.abort(signal?.reason);
    if (closed.signal.aborted || signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    underWay?.abort();
    underWay = own;
    waiting = news = false;
    const done = attempt(async () => {
      try {
        // Nothing is awaited before the popup opens: browsers allow popups only in a click.
        if (!own.signal.aborted) await work(own.signal, before);
      } catch (thrown) {
        if (news) await restore();
        else if (!own.signal.aborted) throw thrown;
      } finally {
        signal?.removeEventListener("abort", abort);
        if (underWay === own) {
          underWay = undefined;
          waiting = false;
        }
      }
      return session;
    });
    pending = done;
    show();
    return done;
  }

  return {
    signIn(options) {
      return withUser(options?.signal, async (signal) => {
        const open = () => known().signIn(url, { ...options, account, signal });
        session = await (authorizer ? open() : start().then(open));
      });
    },

    stepUp(options) {
      return withUser(options?.signal, async (signal, before) => {
        // Otherwise a step-up of the same session would join the one that is ending.
        if (before) await before;
        await session?.stepUp({ ...options, signal });
      });
    },

    cancel: () => underWay?.abort(),

    signOut({ signal } = {}) {
      return attempt(async () => {
        await starting?.catch(() => {});
        const own = session;
        try {
          return (await own?.signOut({ signal })) ?? false;
        } finally {
          // The session has ended. If its tokens could not be deleted, they become a new session.
          if (own && session === own) session = await stored().catch(() => null);
        }
      });
    },

    close() {
      closed.abort();
      underWay?.abort();
    },
  };
}
