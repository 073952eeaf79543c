// The authorization server's page, in a popup or instead of the app's page, and the response from it.

/** The name of the channel, of the storage keys and of the messages' type. `pkg/callback.js` has it too. */
const NAME = "mcp-authorize";
/** How often to check a window: there is no event for its closing. */
const POLL_MS = 100;
/** How long to wait for a page that may already be replacing the previous one. */
const COMMIT_MS = 500;

/** The popup of the last sign-in in this page, while that sign-in is in progress. */
let current;
let count = 0;

const untilNextCheck = () => new Promise((done) => setTimeout(done, POLL_MS));

const isClosed = (window) => !window || window.closed;

const attempt = (work) => {
  try {
    return work();
  } catch {}
};

/**
 * Opens a popup, or throws the code of an error. It shows the page at `url`, or a sentence with `host`. Sizes and positions
 * are in CSS pixels.
 */
export function open(host, signal, width, height, left, top, url) {
  // One at a time: two popups would confuse the user.
  if (current?.signal?.aborted) {
    // Opened in the same click: its sign-in has not seen it yet.
    void current.close();
  } else if (!isClosed(current?.window)) {
    current.window.focus();
    return "popup_open";
  }
  left ??= Math.trunc(screenX + (outerWidth - width) / 2);
  top ??= Math.trunc(screenY + (outerHeight - height) / 2);
  const features = `popup,width=${width},height=${height},left=${left},top=${top}`;
  const first = url ?? "about:blank";
  // By its name, a popup is found that was left over when the app was reloaded. A popup that is about to close must not be
  // found.
  const window = attempt(() => globalThis.open(first, NAME + count++, features));
  // Some blockers return a window that is already closed.
  if (isClosed(window)) return "popup_blocked";
  current = new Popup(window, first, signal);
  if (!url) attempt(() => showText(window.document, `Connecting to ${host}…`));
  return current;
}

/** The user opens the page in a tab, by a link: there is no window to watch, to navigate or to close. */
export const listen = () => new Popup({ closed: false, location: { replace() {} }, close() {} });

/** Fills the first page, until the authorization server is known. It has the user's colours from the first frame on. */
function showText(document, text) {
  document.title = text;
  document.documentElement.style.cssText =
    "color-scheme:light dark;font:1rem system-ui;text-align:center;padding:2rem;overflow-wrap:anywhere";
  document.body.textContent = text;
}

/**
 * Whether this page is in a frame of another site, where storage and channels differ from those of a window of the same
 * origin. The popup's first page has those of the window.
 */
function isPartitioned(window) {
  // Read in any case: in WebKit, a page gets no storage events before it has read from the storage.
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
    // A change of focus triggers a check, also in background pages, where timers are slow.
    for (const type of ["message", "storage", "focus", "blur"]) this.#listen(globalThis, type);
    this.#listen(window, "beforeunload");
    // A channel works even for a popup that was cut off from this page.
    this.channel = attempt(() => new BroadcastChannel(NAME));
    if (this.channel) this.#listen(this.channel, "message");
  }

  #listen(target, type) {
    const listener = (event) => {
      this.#events.push(event);
      this.#wake?.();
    };
    // A page of another origin does not allow this. The popup may show one, left over or just loaded.
    attempt(() => target.addEventListener(type, listener));
    this.#listening.push(() => attempt(() => target.removeEventListener(type, listener)));
  }

  /**
   * Navigates it to a page. If that must not have an opener, it can't navigate this page's window. But in a frame of another
   * site, the response needs the opener.
   */
  navigate(url, withoutOpener) {
    this.#navigated = true;
    if (withoutOpener && this.channel && !this.isPartitioned) this.disown();
    this.window.location.replace(url);
  }

  /** Removes `window.opener` from the page that it shows. */
  disown() {
    this.window.opener = null;
  }

  get isClosed() {
    return isClosed(this.window);
  }

  /** Whether it was closed before it opened the authorization server's page. Until then, `closed` is reliable. */
  async closedBefore() {
    while (!this.#navigated) {
      if (this.isClosed) return true;
      await untilNextCheck();
    }
    return false;
  }

  /**
   * The next event: a response as `[query, whether it is certainly from this popup]`, `true` if the first page unloads, or
   * nothing when it is time to check the popup.
   */
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
   * A response, which arrives in up to three ways. Responses to other sign-ins have another state, and after the end of
   * this one nobody listens.
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

  /** Drops the last response. */
  skip() {
    this.#last = undefined;
  }

  /** What can be seen of it: 1 it looks closed, 2 it shows a page other than the first one, 4 this window has the focus. */
  look() {
    return (this.isClosed && 1) | (!this.#showsFirst && 2) | (document.hasFocus() && 4);
  }

  get #showsFirst() {
    // The address of a page of another origin can't be read.
    return attempt(() => this.window.location.href) === this.first;
  }

  /**
   * Closes it, up to half a second later. Chromium ignores `window.close` while it replaces a page with one from another
   * site, and from then on ignores every call. So this first stops the first page's navigation, and waits in case that came
   * too late.
   */
  async close() {
    if (this.#navigated && !this.isClosed && this.#showsFirst) {
      attempt(() => this.window.stop());
      const end = Date.now() + COMMIT_MS;
      while (this.#showsFirst && Date.now() < end) await untilNextCheck();
    }
    this.window.close();
  }

  /** Tells the callback page that its sign-in has received the response, and closes the popup. */
  finish() {
    if (this.#last) {
      // A popup that was cut off has to close itself.
      const message = { type: NAME, ack: this.#last.id };
      attempt(() => {
        localStorage.setItem(NAME, JSON.stringify(message));
        localStorage.removeItem(NAME);
      });
      this.channel?.postMessage(message);
      this.#last = undefined;
    }
    void this.close();
  }

  /** Removes all listeners. */
  end() {
    this.finish();
    this.#navigated = true;
    for (const stop of this.#listening) stop();
    this.#wake?.();
    this.channel?.close();
    if (current === this) current = undefined;
  }
}

// Instead of the app's page. `pkg/callback.js` stores the response as a name in this tab's sessionStorage.

/** Navigates to a page. The callback page finds the app's page by the state of the response. */
export function leave(state, url) {
  sessionStorage.setItem(`${NAME} ${state}`, location.href);
  location.assign(url);
}

/** Waits until the user is back on this page, for example by the back button. */
export const cameBack = ({ signal }) =>
  new Promise((back) => addEventListener("pageshow", ({ persisted }) => persisted && back(), { signal }));

/** The queries of the responses. */
export const responses = () =>
  Object.keys(sessionStorage)
    .filter((name) => name.startsWith(`${NAME}?`))
    .map((name) => name.slice(NAME.length));

export const forget = (query) => sessionStorage.removeItem(NAME + query);
