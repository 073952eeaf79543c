// What happens to sessions, told to the app and among the tabs and workers of the origin.

export class Tabs {
  /** How often a session's record was changed, here or in another tab. */
  changes = 0;
  /** Whether this one keeps its sessions in memory, where others have theirs. */
  alone = false;
  #onEvent;
  #channel;

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
      this.changes++;
      onEvent(data?.type, data?.detail);
    });
  }

  /** Tells of an event, whose detail is JSON; the others too, where it is `shared`: the record is in the store by now. */
  tell(type, json, shared) {
    const detail = JSON.parse(json);
    if (shared) {
      this.changes++;
      if (!this.alone) this.#channel?.postMessage({ type, detail });
    }
    try {
      this.#onEvent?.(type, detail);
    } catch {
      // What the app does with it is not this library's to fail for.
    }
  }

  close() {
    this.#channel?.close();
  }
}
