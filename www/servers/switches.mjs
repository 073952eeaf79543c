// What can be changed about the demo's servers while they run: the page sets it, the servers look it up with each
// request. It is the demo's own, for trying out what servers do; nothing of it is part of any protocol.

import { json } from "node:stream/consumers";

/** The path at which the page reads and sets them. */
export const PATH = "/switches";

/** What each may be; the first is how it starts. */
export const CHOICES = {
  /** Pushed authorization requests (RFC 9126). */
  pushedRequests: ["offered", "required", "off"],
  /** Whether the sign-in page cuts its window off from the app (Cross-Origin-Opener-Policy). */
  signInCoop: [false, true],
  /** Whether pages can't read the challenge (Access-Control-Expose-Headers). */
  hiddenChallenge: [false, true],
  /** Whether pages of another origin get no leave to read anything (CORS). */
  withoutCors: [false, true],
  /** Whether access tokens are good for a few seconds alone. */
  shortTokens: [false, true],
};

/** @typedef {{ [name in keyof typeof CHOICES]: string | boolean }} Switches how they stand */

/** They are changed in place. */
export const switches = () =>
  /** @type {Switches} */ (Object.fromEntries(Object.entries(CHOICES).map(([name, [first]]) => [name, first])));

/**
 * Reads them (GET) and sets some of them (PUT, in JSON, which a page of another origin may not send).
 *
 * @param {Switches} current
 * @returns {import("node:http").RequestListener}
 */
export function switchboard(current) {
  return async (request, response) => {
    const end = (status, body) => {
      response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
      response.end(JSON.stringify(body));
    };
    if (request.method === "GET") return end(200, current);
    if (request.method !== "PUT") return end(405, { error: "GET or PUT" });
    const wanted = await json(request).catch(() => null);
    const fits = ([name, value]) => Object.hasOwn(CHOICES, name) && CHOICES[name].includes(value);
    if (typeof wanted !== "object" || !wanted || !Object.entries(wanted).every(fits)) return end(400, CHOICES);
    end(200, Object.assign(current, wanted));
  };
}
