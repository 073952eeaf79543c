// Settings of the demo's servers that the page can change while they run. The servers read them with each request. They are
// for trying out different servers, and not part of any protocol.

import { json } from "node:stream/consumers";

/** The path at which the page reads and sets them. */
export const PATH = "/switches";

/** The possible values of each switch. The first one is the default. */
export const CHOICES = {
  /** Pushed authorization requests (RFC 9126). */
  pushedRequests: ["offered", "required", "off"],
  /** Whether the sign-in page cuts its window off from the app (Cross-Origin-Opener-Policy). */
  signInCoop: [false, true],
  /** Whether pages can't read the challenge (Access-Control-Expose-Headers). */
  hiddenChallenge: [false, true],
  /** Whether pages of other origins can't read anything (CORS). */
  withoutCors: [false, true],
  /** Whether access tokens are only valid for a few seconds. */
  shortTokens: [false, true],
};

/** @typedef {{ [name in keyof typeof CHOICES]: string | boolean }} Switches the current values */

/** A new set of switches, with their defaults. It is changed in place. */
export const switches = () =>
  /** @type {Switches} */ (Object.fromEntries(Object.entries(CHOICES).map(([name, [first]]) => [name, first])));

/**
 * Returns them (GET) and sets some of them (PUT, in JSON, which pages of other origins can't send).
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
