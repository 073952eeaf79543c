// One holder at a time: by Web Locks among all tabs, or where there are none within this module.

/** By name, what ends when the last one who waits has had its turn. */
const queues = new Map();

function local(name, hold) {
  const turn = Promise.resolve(queues.get(name)).then(hold);
  queues.set(name, turn);
  turn.then(() => queues.get(name) === turn && queues.delete(name));
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
