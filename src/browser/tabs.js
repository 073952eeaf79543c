// What the tabs and workers of an origin have in common.

// One holder at a time: by Web Locks among all of them, or where there are none within this module.

/** By name, what ends when the last one who waits has had its turn. */
const queues = new Map();

function local(name, hold) {
  const turn = Promise.resolve(queues.get(name)).then(hold);
  queues.set(name, turn);
  void turn.then(() => queues.get(name) === turn && queues.delete(name));
}

/** Waits for the lock; `controller` ends that, and the holding. */
export const lock = ({ signal }, name) =>
  new Promise((granted) => {
    const hold = () =>
      new Promise((release) => {
        if (signal.aborted) return release();
        signal.addEventListener("abort", release, { once: true });
        granted();
      });
    // They may be refused, as to an opaque origin.
    const refused = () => signal.aborted || local(name, hold);
    try {
      navigator.locks.request(name, { signal }, hold).catch(refused);
    } catch {
      refused();
    }
  });

/** What happens to sessions, told to the app and among the others. */
export class Tabs {
  /** How often a session's record was changed, here or in another tab. */
  changes = 0;
  /** Whether this one keeps its sessions in memory, where others have theirs. */
  alone = false;
  #onEvent;
  #channel;
  #waiting = [];

  /** Listens to those of the same app, where there is such a channel. */
  constructor(app, onEvent) {
    this.#onEvent = onEvent;
    // A program without an address is no page of an origin, and an open channel would keep it from ending.
    if (!onEvent || !globalThis.location) return;
    try {
      this.#channel = new BroadcastChannel(`mcp-authorize sessions ${app}`);
    } catch {
      return;
    }
    this.#channel.addEventListener("message", ({ data }) => {
      if (this.alone) return;
      this.#count();
      onEvent(data?.type, data?.detail);
    });
  }

  /** Tells of an event; the others too, where it is `shared`: the record is in the store by now. */
  tell(event, shared) {
    if (shared) this.#count();
    try {
      if (shared && !this.alone) this.#channel?.postMessage(event);
      this.#onEvent?.(event.type, event.detail);
    } catch {
      // What the app does with it is not this library's to fail for.
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
