// URLs as the browser reads them.

/** The last URL that is the same on every page, and how it is written: most requests go where the one before went. */
let [last, written] = [];

/** Relative to the current page, where there is one. A text that the browser can't read stays as it is. */
export function absolute(text) {
  if (text !== last) {
    written = read(text);
    last = /^https?:\/\//i.test(text) ? text : undefined;
  }
  return written;
}

function read(text) {
  // A page at about:srcdoc or in a blob is no base for anything.
  for (const base of [globalThis.location?.href, undefined]) {
    try {
      return new URL(text, base).href;
    } catch {}
  }
  return text;
}
