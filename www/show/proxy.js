// The page's own backend, which asks servers in its place: the option `proxy`, and what a request by it stands for.

const FORWARD = new URL("forward", document.baseURI);

/**
 * For the option `proxy`: requests to these origins go by the backend, all others straight.
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

/** Where a request gets to at last, and whether by the backend. */
export function target(url) {
  const { origin, pathname, searchParams } = new URL(url, document.baseURI);
  const isForwarded = origin + pathname === FORWARD.href;
  return { url: isForwarded ? searchParams.get("url") : url, isForwarded };
}
