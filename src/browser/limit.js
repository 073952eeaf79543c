// The end of somebody's patience.

/** Comes to nothing when the time is over, and fails with the reason when `signal` aborts. `controller` ends both. */
export const limit = (controller, milliseconds, signal) =>
  new Promise((over, givenUp) => {
    const abort = () => givenUp(signal.reason);
    // A longer time than fits into 31 bits would count as none at all.
    const timer = setTimeout(over, Math.min(milliseconds, 2 ** 31 - 1));
    signal?.addEventListener("abort", abort);
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      over();
    };
    controller.signal.addEventListener("abort", end, { once: true });
  });
