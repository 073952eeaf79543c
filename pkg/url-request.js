// What the entries of `openUrl` share. Each entry loads the module in its environment's way. Rust decides what may be opened,
// what is shown and how it ends.
import { fail, McpAuthorizeError, unloadable } from "./error.js";
import { showUrlDialog } from "./url-dialog.js";
import { UrlRequest } from "./wasm/elicitation.js";

/** @import { McpUrlOutcome, McpUrlRequest, OpenUrlOptions } from "./index.js" */

/**
 * Resolves when all requests so far have ended: users are asked one thing at a time.
 *
 * @type {Promise<unknown>}
 */
let last = Promise.resolve();

/** @param {() => Promise<unknown>} load */
export function openUrlBy(load) {
  /** @type {Promise<unknown> | undefined} */
  let loading;
  /** @type {(url: string, server: unknown, options: Omit<OpenUrlOptions, "server">, closing: AbortSignal) => Promise<McpUrlOutcome>} */
  return async (url, server, options, closing) => {
    if (!globalThis.document) throw withoutWindow();
    await (loading ??= load().catch((cause) => {
      loading = undefined;
      throw unloadable(cause);
    }));
    const over = new AbortController();
    try {
      const aborted = anyOf([closing, options.signal], over.signal);
      return await ask(new UrlRequest(url, server, options.message, aborted), options);
    } catch (thrown) {
      return fail(thrown);
    } finally {
      over.abort();
    }
  };
}

/**
 * A signal that aborts with the first of several signals, until `over` aborts. Not `AbortSignal.any`, which is newer than the
 * supported browsers.
 *
 * @param {(AbortSignal | undefined)[]} signals
 * @param {AbortSignal} over
 */
function anyOf(signals, over) {
  const any = new AbortController();
  for (const signal of signals) {
    const abort = () => any.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { signal: over });
  }
  return any.signal;
}

/** The error in workers and outside of browsers. */
const withoutWindow = () =>
  new McpAuthorizeError({
    code: "unsupported",
    step: "request",
    message: "There is no window in which to ask the user.",
    userMessage: "This does not work here.",
    remedy: "Call openUrl in a page.",
  });

/**
 * @param {UrlRequest} request
 * @param {Omit<OpenUrlOptions, "server">} options
 * @returns {Promise<McpUrlOutcome>}
 */
async function ask(request, { completed, onOpen, show, labels }) {
  const end = new AbortController();
  const { signal } = end;
  const outcome = request.outcome().finally(() => end.abort());
  const ended = outcome.catch(() => {});
  const before = last;
  last = Promise.all([before, ended]);
  completed?.then(
    () => request.complete(),
    () => request.cancel(),
  );
  await Promise.race([before, ended]);
  if (!signal.aborted) {
    const {
      parts: [scheme, host, rest],
      ...texts
    } = request.shown();
    /** @type {McpUrlRequest} */
    const shown = {
      ...texts,
      parts: { scheme, host, rest },
      signal,
      open: () => void (request.open() && onOpen?.()),
      done: () => request.done(),
      decline: () => request.decline(),
      cancel: () => request.cancel(),
    };
    try {
      if (show) show(shown);
      else showUrlDialog(shown, labels);
    } catch (thrown) {
      request.cancel();
      await ended;
      throw thrown;
    }
  }
  return outcome;
}
