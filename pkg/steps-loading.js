// Loads the module of the steps at the first step, and once.
import { unloadable } from "./error.js";

/** @type {() => Promise<unknown>} */
let loader;
/** @type {Promise<unknown> | undefined} */
let loading;

/**
 * Each entry sets how to load it in its environment. The entry that is imported first decides.
 *
 * @param {typeof loader} load
 */
export function loadStepsBy(load) {
  loader ??= load;
}

/** After a failure, the next call tries again. */
export function loadSteps() {
  loading ??= loader().catch((cause) => {
    loading = undefined;
    throw unloadable(cause);
  });
  return loading;
}
