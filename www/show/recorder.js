// For the option `fetch`: calls the browser's `fetch`, and reports requests and answers without their secrets (redact.js).
// Nothing else of a request is stored.

import { target } from "./proxy.js";
import * as shown from "./redact.js";

const LONGEST_BODY = 100_000;
/** @type {shown.Row} */
const BY_WAY = ["(by way of)", "this page’s own backend"];
const UNREADABLE = "not readable: the server does not expose it (CORS)";

/**
 * @typedef {object} SentRequest what may be shown of a request
 * @property {string} method
 * @property {string} url without query and fragment
 * @property {shown.Row[]} headers
 * @property {shown.Row[]} body
 *
 * @typedef {object} Listener gets the answer to one request
 * @property {(answer: { status: number, headers: shown.Row[] }) => void} answered
 * @property {(body: shown.Row[]) => void} read
 * @property {() => void} failed
 */

/**
 * @param {(request: SentRequest) => Listener} onRequest
 * @returns {typeof fetch}
 */
export function recorder(onRequest) {
  return async (input, init) => {
    const listener = onRequest(describe(input, init));
    try {
      const response = await fetch(input, init);
      listener.answered({ status: response.status, headers: answerHeaders(response) });
      // Before the library gets the response: after reading it, the library aborts the request and thereby the copy.
      await read(response, listener).catch(() => {});
      return response;
    } catch (error) {
      listener.failed();
      throw error;
    }
  };
}

/** @returns {SentRequest} */
function describe(input, init = {}) {
  /** @type {{ url: string, method?: string, headers?: Headers }} */
  const request = input instanceof Request ? input : { url: new URL(input, document.baseURI).href };
  const headers = new Headers(init.headers ?? request.headers);
  const { url, isForwarded } = target(request.url);
  const { origin, pathname } = new URL(url);
  return {
    method: init.method ?? request.method ?? "GET",
    url: origin + pathname,
    headers: [...(isForwarded ? [BY_WAY] : []), ...shown.headers(headers)],
    body: typeof init.body === "string" ? body(init.body, headers.get("content-type")) : [],
  };
}

/** @returns {shown.Row[]} */
function body(text, type, options) {
  if (type?.includes("form-urlencoded")) return shown.form(text);
  try {
    return shown.json(JSON.parse(text), options);
  } catch {
    return [["(body)", shown.REDACTED]];
  }
}

function answerHeaders({ status, headers }) {
  const rows = shown.headers(headers);
  // RFC 9110 §15.5.2: a 401 has a challenge. If there seems to be none, the browser hides it.
  if (status === 401 && !headers.has("www-authenticate")) rows.push(["www-authenticate", UNREADABLE]);
  return rows;
}

/** Reads a copy of a JSON answer. An event stream would never end. */
async function read(response, listener) {
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("event-stream")) return listener.read([["(body)", "a stream of events"]]);
  if (!type.includes("json") || !response.body) return;
  const text = await start(response.clone().body);
  const isPublic = new URL(target(response.url).url).pathname.includes("/.well-known/");
  listener.read(body(text, type, { isPublic }));
}

/** The start of a body, up to the length that can be shown. */
async function start(stream) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks(stream.getReader())) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_BODY) break;
  }
  return text;
}

async function* chunks(reader) {
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.cancel().catch(() => {});
  }
}
