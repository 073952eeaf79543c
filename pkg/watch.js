// One server's session, as a user interface shows it. React's hook and the custom element are made of this.

export const LOADING = Object.freeze({ status: "loading", error: null, session: null, fetch: null });

/** The authorizers that functions made: each is called once, and again where it failed. */
const made = new WeakMap();

function authorizerOf(source) {
  if (typeof source !== "function") return source;
  if (!made.has(source)) {
    const promise = (async () => source())();
    made.set(source, promise);
    promise.catch(() => made.delete(source));
  }
  return made.get(source);
}

/** Two texts may be one server's URL. */
function canonical(url) {
  try {
    const { origin, pathname, search } = new URL(url);
    return origin + pathname + search;
  } catch {
    return url; // The library says what is wrong with it.
  }
}

export function watchMcpSession(server, source, onChange) {
  const url = String(server);
  const closed = new AbortController();
  let authorizer;
  let starting;
  let loading = true;
  let signIns = 0; // under way
  let session = null;
  let error = null;

  function show() {
    if (closed.signal.aborted) return;
    const signedIn = session ? "signed-in" : "signed-out";
    const status = loading ? "loading" : signIns > 0 ? "signing-in" : signedIn;
    onChange({ status, error, session, fetch: session?.fetch ?? null });
  }

  /** What fails is shown and does not reject: it may come from a click, whose handler waits for nothing. */
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

  const isOurs = ({ detail }) => canonical(detail.server) === canonical(url);
  const restore = async () => {
    session = await authorizer.restore(url);
  };
  /** Somebody else signed in, or has more scopes now: another tab, or another part of this page. */
  const onNewTokens = (event) => isOurs(event) && signIns === 0 && attempt(restore);
  const onSignedOut = (event) => {
    if (!isOurs(event)) return;
    session = null;
    show();
  };

  function start() {
    starting ??= (async () => {
      try {
        const loaded = await authorizerOf(source);
        if (closed.signal.aborted) return;
        authorizer = loaded;
        authorizer.addEventListener("signed-in", onNewTokens, { signal: closed.signal });
        authorizer.addEventListener("step-up", onNewTokens, { signal: closed.signal });
        authorizer.addEventListener("signed-out", onSignedOut, { signal: closed.signal });
        await restore();
      } finally {
        loading = false;
        if (!authorizer) starting = undefined;
      }
    })();
    return starting;
  }

  show();
  attempt(start);

  /** What a popup is open for. It ends with the watch, if not by the caller's own signal. */
  function withUser(signal, work) {
    const ends = new AbortController();
    for (const other of [closed.signal, signal]) {
      if (other?.aborted) ends.abort(other.reason);
      other?.addEventListener("abort", () => ends.abort(other.reason), { once: true });
    }
    signIns += 1;
    const done = attempt(async () => {
      try {
        // Nothing is awaited before the popup opens: browsers allow one in a click alone.
        await work(ends.signal);
        return session;
      } finally {
        signIns -= 1;
      }
    });
    show();
    return done;
  }

  return {
    signIn({ scopes, signal } = {}) {
      return withUser(signal, async (signal) => {
        const open = () => authorizer.signIn(url, { scopes, signal });
        session = await (authorizer ? open() : start().then(open));
      });
    },

    stepUp({ scopes, signal } = {}) {
      return withUser(signal, async (signal) => session?.stepUp({ scopes, signal }));
    },

    signOut({ signal } = {}) {
      return attempt(async () => {
        const confirmed = await session?.signOut({ signal });
        session = null;
        return confirmed ?? false;
      });
    },

    close: () => closed.abort(),
  };
}
