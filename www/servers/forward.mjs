// The page's own backend between it and servers without CORS: an example for the option `proxy`.
//
// If you copy this, keep three rules: it only forwards to listed origins, never to any URL in a request; it returns responses
// unchanged, including redirects; and it stores and logs nothing, because it sees codes and tokens.

import { once } from "node:events";
import { request as ask } from "node:http";

/** Its path. The parameter `url` is the URL to forward to. */
export const PATH = "/forward";

const LONGEST_BODY = 1 << 20; // bytes
/** Headers about the connection (RFC 9110 §7.6.1), or about the page and its user. */
const DROPPED =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|cookie|set-cookie|origin|referer|sec-.*|content-length|expect)$/;

const passed = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !DROPPED.test(name)));

/**
 * @param {string[]} origins those that it goes to, over http on this machine
 * @returns {import("node:http").RequestListener}
 */
export function forward(origins) {
  return async (request, response) => {
    const refuse = (status, why) => response.writeHead(status, { "Content-Type": "text/plain" }).end(why);
    try {
      const url = URL.parse(new URL(request.url, "http://page").searchParams.get("url"));
      if (!url || url.username || !origins.includes(url.origin))
        return refuse(403, "This goes to the demo’s servers alone.");
      // A page of another origin could send requests without a preflight. It can't read the responses, but has no business here.
      if (!["same-origin", "none", undefined].includes(request.headers["sec-fetch-site"]))
        return refuse(403, "This is the page’s own.");

      let length = 0;
      const chunks = [];
      for await (const chunk of request) {
        length += chunk.length;
        if (length > LONGEST_BODY) return refuse(413, "At most 1 MiB.");
        chunks.push(chunk);
      }
      const headers = passed(request.headers);
      if (length > 0) headers["content-length"] = length;
      const forwarded = ask(url, { method: request.method, headers });
      response.on("close", () => forwarded.destroy());
      forwarded.end(Buffer.concat(chunks));
      const [answer] = await once(forwarded, "response");
      response.writeHead(answer.statusCode, { ...passed(answer.headers), "Cache-Control": "no-store" });
      answer.pipe(response); // A stream of events goes on as it comes.
    } catch {
      if (response.headersSent) response.destroy();
      else refuse(502, "The server did not answer.");
    }
  };
}
