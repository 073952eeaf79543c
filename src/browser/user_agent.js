// The authorization server's page, in a window of its own or in place of the app's, and what comes back from it.

/** The name of the channel, of the storage keys and of the messages' type. `pkg/callback.js` has it too. */
const NAME = "mcp-authorize";
/** There is no event for a window that was closed. */
const POLL_MS = 100;

/** The popup of the sign-in that was started last in this page, while that goes on. */
let current;
let count = 0;

const isClosed = (window) => !window || window.closed;

const attempt = (work) => {
  try {
    return work();
  } catch {}
};

/**
 * Opens one, or says by an error's code what is in the way. It shows the page at `url`, or `host` in a sentence. Sizes and
 * places are in CSS pixels.
 */
export function open(host, signal, width, height, left, top, url) {
  // One after the other: two would be one too many for the user.
  if (current?.signal?.aborted) {
    // In this very click: its sign-in has not come to see it.
    current.window.close();
  } else if (!isClosed(current?.window)) {
    current.window.focus();
    return "popup_open";
  }
  left ??= Math.trunc(screenX + (outerWidth - width) / 2);
  top ??= Math.trunc(screenY + (outerHeight - height) / 2);
  const features = `popup,width=${width},height=${height},left=${left},top=${top}`;
  const first = url ?? "about:blank";
  // By its name a popup is found again that was left behind when the app was reloaded. One that is about to close must
  // not be found.
  const window = attempt(() => globalThis.open(first, NAME + count++, features));
  // Some blockers give a window that is closed already.
  if (isClosed(window)) return "popup_blocked";
  current = new Popup(window, first, signal);
  if (!url) attempt(() => showText(window.document, `Connecting to ${host}…`));
  return current;
}

/** The user opens the page in a tab of its own, by a link: there is no window to watch, to send anywhere or to close. */
export const listen = () => new Popup({ closed: false, location: { replace() {} }, close() {} });

/** In the page that is there until the authorization server is known, in the user's colours from the first frame on. */
function showText(document, text) {
  document.title = text;
  document.documentElement.style.cssText =
    "color-scheme:light dark;font:1rem system-ui;text-align:center;padding:2rem;overflow-wrap:anywhere";
  document.body.textContent = text;
}

/**
 * Whether this page is in a frame of another site, where storage and channels are others than in a window of the same
 * origin. The popup's first page has the window's.
 */
function isPartitioned(window) {
  // Even where the answer is known: in WebKit a page gets no storage events before it has read.
  const found = () => attempt(() => localStorage.getItem(NAME) === NAME);
  if (parent === globalThis) {
    found();
    return false;
  }
  attempt(() => window.localStorage.setItem(NAME, NAME));
  const shared = found();
  attempt(() => window.localStorage.removeItem(NAME));
  return !shared;
}

class Popup {
  #events = [];
  #wake;
  #navigated = false;
  #last;
  #listening = [];

  constructor(window, first, signal) {
    Object.assign(this, { window, first, signal, isPartitioned: isPartitioned(window) });
    // The focus wakes the watch, in a page in the background too, where timers are slow.
    for (const type of ["message", "storage", "focus", "blur"]) this.#listen(globalThis, type);
    this.#listen(window, "beforeunload");
    // A channel reaches this page even from a popup that was cut off from it.
    this.channel = attempt(() => new BroadcastChannel(NAME));
    if (this.channel) this.#listen(this.channel, "message");
  }

  #listen(target, type) {
    const listener = (event) => {
      this.#events.push(event);
      this.#wake?.();
    };
    // A page of another origin lets nobody at it: one may be in the popup, left behind or come up.
    attempt(() => target.addEventListener(type, listener));
    this.#listening.push(() => attempt(() => target.removeEventListener(type, listener)));
  }

  /**
   * Sends it to a page: to one that can't send this page's window elsewhere where it shall have no opener, unless the
   * answer comes back by that alone, as into a frame of another site.
   */
  navigate(url, withoutOpener) {
    this.#navigated = true;
    if (withoutOpener && this.channel && !this.isPartitioned) this.disown();
    this.window.location.replace(url);
  }

  /** Removes `window.opener` from the page that it is sent to. */
  disown() {
    this.window.opener = null;
  }

  get isClosed() {
    return isClosed(this.window);
  }

  /** Whether it was closed before it was sent to a page, once that is certain. Until then `closed` is sure. */
  async closedBefore() {
    while (!this.#navigated) {
      if (this.isClosed) return true;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    return false;
  }

  /** The next thing to look at: a response as `[query, whether it is surely ours]`, `true` where the page leaves, or time went by. */
  async next() {
    if (!this.#events.length) {
      await new Promise((done) => {
        const timer = setTimeout(done, POLL_MS);
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    const event = this.#events.shift();
    return event?.type === "beforeunload" || (event && this.#read(event));
  }

  /**
   * A response that came over one of three ways, of which any will do: what does not belong to this sign-in has another
   * state, and once it has ended nobody listens.
   */
  #read(event) {
    const isOurs = event.source === this.window && event.origin === location.origin;
    const message =
      isOurs || (this.channel && event.target === this.channel)
        ? event.data
        : event.key === NAME
          ? attempt(() => JSON.parse(event.newValue))
          : undefined;
    if (message?.type !== NAME || typeof message.query !== "string") return;
    this.#last = { id: message.id };
    return [message.query, isOurs];
  }

  /** The response that came last is not wanted any more. */
  skip() {
    this.#last = undefined;
  }

  /** What can be seen of it: 1 it looks closed, 2 it shows another page than the first one, 4 this window has the focus. */
  look() {
    // The address of another origin's page can't be read.
    const address = attempt(() => this.window.location.href);
    return (this.isClosed && 1) | (address !== this.first && 2) | (document.hasFocus() && 4);
  }

  /** Lets the callback page know that its response has found the sign-in that it belongs to, and closes the popup. */
  finish() {
    if (this.#last) {
      // A popup that was cut off can only close itself.
      const message = { type: NAME, ack: this.#last.id };
      attempt(() => {
        localStorage.setItem(NAME, JSON.stringify(message));
        localStorage.removeItem(NAME);
      });
      this.channel?.postMessage(message);
      this.#last = undefined;
    }
    this.window.close();
  }

  /** Nothing listens any more. */
  end() {
    this.finish();
    this.#navigated = true;
    for (const stop of this.#listening) stop();
    this.#wake?.();
    this.channel?.close();
    if (current === this) current = undefined;
  }
}

// In place of the app's page. `pkg/callback.js` puts what comes back into the storage that this tab has for itself, as
// names.

/** Leaves for a page. The callback page finds where the user was by the state of the response. */
export function leave(state, url) {
  sessionStorage.setItem(`${NAME} ${state}`, location.href);
  location.assign(url);
}

/** Waits until the user is back on this page, as by the back button. */
export const cameBack = ({ signal }) =>
  new Promise((back) => addEventListener("pageshow", ({ persisted }) => persisted && back(), { signal }));

/** The queries that came back. */
export const responses = () =>
  Object.keys(sessionStorage)
    .filter((name) => name.startsWith(`${NAME}?`))
    .map((name) => name.slice(NAME.length));

export const forget = (query) => sessionStorage.removeItem(NAME + query);
