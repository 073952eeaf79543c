// URLs as the browser reads them.

/** Relative to the current page, where there is one. A text that the browser can't read stays as it is. */
export function absolute(text) {
  // A page at about:srcdoc or in a blob is no base for anything.
  for (const base of [globalThis.location?.href, undefined]) {
    try {
      return new URL(text, base).href;
    } catch {}
  }
  return text;
}
