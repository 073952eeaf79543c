// What the tabs and workers of an origin share.

// Locks: Web Locks among all of them, or locks within this module if there are no Web Locks.

/** By name, a promise that resolves when the last caller in the queue has released the lock. */
const queues = new Map();

function local(name, hold) {
  const turn = Promise.resolve(queues.get(name)).then(hold);
  queues.set(name, turn);
  void turn.then(() => queues.get(name) === turn && queues.delete(name));
}

/** Waits for the lock. `controller` ends the wait, and releases the lock. */
export const lock = ({ signal }, name) =>
  new Promise((granted) => {
    const hold = () =>
      new Promise((release) => {
        if (signal.aborted) return release();
        signal.addEventListener("abort", release, { once: true });
        granted();
      });
    // Web Locks may be refused, for example at an opaque origin.
    const refused = () => signal.aborted || local(name, hold);
    try {
      navigator.locks.request(name, { signal }, hold).catch(refused);
    } catch {
      refused();
    }
  });

/** Sends the events of sessions to the app and to the other tabs. */
export class Tabs {
  /** How often a session's record was changed, here or in another tab. */
  changes = 0;
  /** Whether this tab has its sessions in memory, apart from those of the others. */
  isolated = false;
  #onEvent;
  #channel;
  #waiting = [];

  /** Listens to other tabs of the same app, if there are channels. */
  constructor(app, onEvent) {
    this.#onEvent = onEvent;
    // A program without an address has no origin, and an open channel would keep it from exiting.
    if (!onEvent || !globalThis.location) return;
    try {
      this.#channel = new BroadcastChannel(`mcp-authorize sessions ${app}`);
    } catch {
      return;
    }
    this.#channel.addEventListener("message", ({ data }) => {
      if (this.isolated) return;
      this.#count();
      onEvent(data?.type, data?.detail);
    });
  }

  /** Sends an event to the app, and to the other tabs if it is `shared`. The record is already stored. */
  tell(event, shared) {
    if (shared) this.#count();
    try {
      if (shared && !this.isolated) this.#channel?.postMessage(event);
      this.#onEvent?.(event.type, event.detail);
    } catch {
      // An error in the app's listener must not make this library fail.
    }
  }

  /** Resolves at the next change. */
  changed() {
    return new Promise((done) => this.#waiting.push(done));
  }

  #count() {
    this.changes++;
    for (const done of this.#waiting.splice(0)) done();
  }

  close() {
    this.#channel?.close();
    this.#channel = this.#onEvent = undefined;
  }
}
