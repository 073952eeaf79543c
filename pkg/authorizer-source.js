/** @import { McpAuthorizer } from "./index.js" */
/** @import { McpAuthorizerSource } from "./watch.js" */

/**
 * @typedef {object} Made
 * @property {Promise<McpAuthorizer>} ready
 * @property {McpAuthorizer} [authorizer] set when `ready` resolves: a popup has to open in the click, before anything is awaited
 */

/**
 * The results of the apps' functions. Each function is called once, and again after a failure.
 *
 * @type {WeakMap<() => Promise<McpAuthorizer>, Made>}
 */
const made = new WeakMap();

/**
 * Callers that could not get an authorizer.
 *
 * @type {WeakMap<McpAuthorizerSource, Set<() => void>>}
 */
const without = new WeakMap();

/**
 * @param {McpAuthorizerSource} source
 * @returns {Made}
 */
export function authorizerFrom(source) {
  if (typeof source !== "function") return { authorizer: source, ready: Promise.resolve(source) };
  const known = made.get(source);
  if (known) return known;
  /** @type {Made} */
  const entry = { ready: (async () => source())() };
  made.set(source, entry);
  entry.ready.then(
    (authorizer) => {
      entry.authorizer = authorizer;
      const others = without.get(source) ?? [];
      without.delete(source);
      for (const again of others) again();
    },
    () => made.delete(source),
  );
  return entry;
}

/**
 * When one caller tries again, for example after a click, all callers without an authorizer get one.
 *
 * @param {McpAuthorizerSource} source
 * @param {() => void} again
 */
export function whenMade(source, again) {
  without.set(source, (without.get(source) ?? new Set()).add(again));
}
