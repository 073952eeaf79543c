// How the module of the steps is loaded: at the first step, and once.
import { unloadable } from "./error.js";

/** @type {() => Promise<unknown>} */
let loader;
/** @type {Promise<unknown> | undefined} */
let loading;

/**
 * Each entry says how its environment loads it, and the one that is imported first is heard.
 *
 * @param {typeof loader} load
 */
export function loadStepsBy(load) {
  loader ??= load;
}

/** A failed attempt does not spoil the next one. */
export function loadSteps() {
  loading ??= loader().catch((cause) => {
    loading = undefined;
    throw unloadable(cause);
  });
  return loading;
}
