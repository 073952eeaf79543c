// Cross-origin resource sharing: lets pages of other origins call a server and read its responses.

/**
 * Lets any origin read the response, and answers a preflight.
 *
 * Cookies are not allowed (there is no `Access-Control-Allow-Credentials`), so `*` gives a page nothing that it could not get
 * in another way. Access needs the token, which the page must have.
 *
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {{ methods: string, headers: string, expose?: string }} allowed
 * @returns {boolean} whether it was a preflight, which is answered then
 */
export function answerPreflight(request, response, { methods, headers, expose }) {
  response.setHeader("Access-Control-Allow-Origin", "*");
  if (expose) response.setHeader("Access-Control-Expose-Headers", expose);
  if (request.method !== "OPTIONS") return false;
  response.writeHead(204, {
    "Access-Control-Allow-Methods": methods,
    "Access-Control-Allow-Headers": headers,
    "Access-Control-Max-Age": "600",
  });
  response.end();
  return true;
}

/** Removes all CORS headers from a response, like a server that was not made for pages. */
export function withoutCors(response) {
  const gives = (name) => /^access-control-/i.test(name);
  const { setHeader, writeHead } = response;
  response.setHeader = (name, value) => (gives(name) ? response : setHeader.call(response, name, value));
  response.writeHead = (status, ...rest) => {
    const headers = Object.entries(rest.pop() ?? {}).filter(([name]) => !gives(name));
    return writeHead.call(response, status, ...rest, Object.fromEntries(headers));
  };
}
