// The option `proxy`: the page's own backend forwards requests to servers.

const FORWARD = new URL("forward", document.baseURI);

/**
 * For the option `proxy`: the backend forwards requests to these origins. All others are sent directly.
 *
 * @param {string[]} origins
 * @returns {(url: string) => URL | undefined}
 */
export const by = (origins) => (url) => {
  if (!origins.includes(new URL(url).origin)) return undefined;
  const forward = new URL(FORWARD);
  forward.searchParams.set("url", url);
  return forward;
};

/** The final URL of a request, and whether the backend forwards it. */
export function target(url) {
  const { origin, pathname, searchParams } = new URL(url, document.baseURI);
  const isForwarded = origin + pathname === FORWARD.href;
  return { url: isForwarded ? searchParams.get("url") : url, isForwarded };
}
