// Cross-origin resource sharing: what lets a page of another origin call a server, and read the answer.

/**
 * Lets any origin read the response, and answers a preflight.
 *
 * No cookie is allowed (`Access-Control-Allow-Credentials` is absent), so `*` gives a page nothing that it
 * could not fetch by other means: what opens the door is the token, which the page has to have.
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

/** Keeps a response from giving any page leave, whoever writes it: the server of somebody who never thought of pages. */
export function withoutCors(response) {
  const gives = (name) => /^access-control-/i.test(name);
  const { setHeader, writeHead } = response;
  response.setHeader = (name, value) => (gives(name) ? response : setHeader.call(response, name, value));
  response.writeHead = (status, ...rest) => {
    const headers = Object.entries(rest.pop() ?? {}).filter(([name]) => !gives(name));
    return writeHead.call(response, status, ...rest, Object.fromEntries(headers));
  };
}
