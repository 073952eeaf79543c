// Promises, for futures of Rust's. Those are called by their addresses in the module's table of functions.

/** What a promise comes to, and other values by themselves. `state` is 0 until then, 1 for a value, 2 for a reason. */
export class Outcome {
  state = 0;
  #wake;
  #waker = 0;

  constructor(promise) {
    const end = (state, value) => {
      Object.assign(this, { state, value });
      const waker = this.leave(0);
      if (waker) this.#wake(waker);
    };
    Promise.resolve(promise).then(
      (value) => end(1, value),
      (reason) => end(2, reason),
    );
  }

  /** Leaves a waker, or none, and hands back the one that was left before. */
  leave(waker, table, wake) {
    const before = this.#waker;
    this.#waker = waker;
    this.#wake ??= table?.get(wake);
    return before;
  }
}

/** Runs a task when the script that is running now has ended. */
export const soon = (table, run, task) => queueMicrotask(() => table.get(run)(task));

/** A promise that is settled from outside. */
export class Deferred {
  promise = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
}
