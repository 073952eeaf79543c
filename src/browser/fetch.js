// HTTP by `fetch`. It decides nothing: what follows from an answer is said in Rust.

/** Works until `controller` aborts, which it does by itself after `limit` milliseconds; then that is the reason. */
async function within(controller, limit, work) {
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort("timeout"), limit);
  // A `fetch` of the app's may not listen to the signal.
  const ended = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), ONCE));
  try {
    return await Promise.race([work(signal), ended]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whoever waits aborts in the end, which takes the listeners away. */
const ONCE = { once: true };

/** No cookies, and no code or token in a `Referer`. */
const QUIET = { credentials: "omit", referrerPolicy: "no-referrer" };

/** Sends `init`, which is JSON. Of the body at most `most` bytes are read, or with 0 nothing. */
export const exchange = (controller, fetch = globalThis.fetch, url, init, limit, most) =>
  within(controller, limit, async (signal) => {
    const response = await fetch(url, { ...JSON.parse(init), ...QUIET, signal });
    const { status, headers, redirected } = response;
    return { status, headers, from: redirected ? response.url : undefined, body: await text(response, most, signal) };
  });

async function text({ body }, most, signal) {
  if (!body) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder(); // RFC 8259 §8.1: it ignores a byte order mark.
  const cancel = () => reader.cancel().catch(() => {});
  let [text, length] = ["", 0];
  signal?.addEventListener("abort", cancel, ONCE);
  try {
    while (most) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > most) throw "too large";
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    cancel();
  }
  return text + decoder.decode();
}

/** A header of an answer, where it may be read. */
export const header = (response, name) => response.headers.get(name) ?? undefined;

/** A date among the headers, in milliseconds since 1970. */
export const date = (response, name) => Date.parse(response.headers.get(name)) || 0;

/** The headers that may be read, as pairs. */
export const headers = (response) => [...response.headers];

/** The `error` of a body that is JSON. The app reads the body itself: this is a copy of it. */
export async function oauthError(response, most) {
  const { error } = JSON.parse(await text(response.clone(), most));
  return error;
}

/** How much of a URL's answers a page sees, asked by HEAD: 0 none comes, 1 some come, 2 they may be read, 3 also with `headers`. */
export const visible = (controller, fetch = globalThis.fetch, url, headers, limit) =>
  within(controller, limit, async (signal) => {
    const look = async (mode, names) => {
      const dummies = Object.fromEntries(names.map((name) => [name, "x"]));
      await fetch(url, { method: "HEAD", mode, headers: dummies, cache: "no-store", ...QUIET, signal });
    };
    let seen = 0;
    try {
      await look("no-cors", []);
      seen = 1;
      await look("cors", []);
      seen = 2;
      if (headers) await look("cors", headers.split(", "));
      return 3;
    } catch {
      return seen;
    }
  });
