// What may be shown of requests and answers. This is an allowlist: everything else becomes "[redacted]" before it is stored, so
// that unknown parameters stay hidden.

export const REDACTED = "[redacted]";

const LONGEST = 300;

/** Parameters and fields, by the names that their specifications give them. */
const SHOWN = new Set([
  // Authorization and token requests and answers (RFC 6749, RFC 7636, RFC 8707, RFC 9207, RFC 9126)
  ..."client_id redirect_uri response_type scope resource grant_type code_challenge_method token_type expires_in".split(
    " ",
  ),
  ..."iss error error_description error_uri token_type_hint prompt".split(" "),
  // Registration (RFC 7591)
  ..."client_name client_uri redirect_uris grant_types response_types token_endpoint_auth_method".split(" "),
  ..."application_type client_id_issued_at client_secret_expires_at dpop_bound_access_tokens".split(" "),
  // Metadata (RFC 9728, RFC 8414)
  ..."authorization_servers scopes_supported bearer_methods_supported resource_name issuer".split(" "),
  ..."authorization_endpoint token_endpoint registration_endpoint revocation_endpoint".split(" "),
  ..."pushed_authorization_request_endpoint require_pushed_authorization_requests".split(" "),
  ..."response_types_supported grant_types_supported code_challenge_methods_supported".split(" "),
  ..."token_endpoint_auth_methods_supported authorization_response_iss_parameter_supported".split(" "),
  ..."client_id_metadata_document_supported dpop_signing_alg_values_supported".split(" "),
  ..."dpop_bound_access_tokens_required".split(" "),
  // Challenges (RFC 9110 §11, RFC 6750 §3, RFC 9449 §7.1)
  ..."realm resource_metadata algs".split(" "),
  // JSON-RPC (MCP)
  ..."jsonrpc id method params.name".split(" "),
]);

/** Headers without secrets. */
const SHOWN_HEADERS = new Set(
  "accept cache-control content-length content-type retry-after mcp-method mcp-name mcp-protocol-version".split(" "),
);

/** Members of a JWT's header, and claims about servers and times, but not about the user (RFC 7519, RFC 9068, RFC 9449). */
const SHOWN_CLAIMS = new Set("typ alg iss aud scope client_id iat exp htm htu".split(" "));

/** @typedef {[name: string, value: string]} Row what is shown: a name and its value, or `[redacted]` */

/**
 * A form or a query.
 *
 * @param {string} text
 * @returns {Row[]}
 */
export const form = (text) => parameters(text, SHOWN);

/**
 * An authorization response. `error` and its description must not be shown unless `iss` was checked (MCP 2026-07-28,
 * authorization response validation).
 *
 * @param {string} query
 * @returns {Row[]}
 */
export const authorizationResponse = (query) => parameters(query, new Set(["iss"]));

/** @returns {Row[]} */
const parameters = (text, shown) =>
  [...new URLSearchParams(text)].map(([name, value]) => [name, shown.has(name) ? clip(value) : REDACTED]);

/**
 * A JSON document. `isPublic` is for metadata, which anybody may read: its other fields are only counted.
 *
 * @returns {Row[]}
 */
export function json(document, { isPublic = false } = {}) {
  if (typeof document !== "object" || document === null) return [["(body)", REDACTED]];
  const rows = fields(document, "", SHOWN);
  if (!isPublic) return rows;
  const shown = rows.filter(([, value]) => value !== REDACTED);
  const others = rows.length - shown.length;
  return others ? [...shown, ["(others)", `${others} more`]] : shown;
}

/**
 * Headers. A token keeps its scheme, and a JWT is decoded.
 *
 * @param {Headers} headers
 * @returns {Row[]}
 */
export function headers(headers) {
  return [...headers].flatMap(([name, value]) => {
    if (name === "authorization") {
      const [scheme, ...credentials] = value.split(" ");
      return [[name, `${scheme} ${REDACTED}`], ...jwt(credentials.join(" "), "token")];
    }
    if (name === "dpop") return [[name, REDACTED], ...jwt(value, "proof")];
    if (name === "www-authenticate") return challenge(value);
    return [[name, SHOWN_HEADERS.has(name) ? clip(value) : REDACTED]];
  });
}

/** What the challenges of a field say (RFC 9110 §11.6.1), parameter by parameter. @returns {Row[]} */
export function challenge(field) {
  const part = /(?:^|,)\s*([\w-]+)(?=\s+[\w-]+\s*=|\s*$|\s*,)|([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;
  return [...field.matchAll(part)].map(([, scheme, name, quoted, token]) => {
    if (scheme) return ["www-authenticate", scheme];
    return [`· ${name}`, SHOWN.has(name) ? clip(quoted?.replace(/\\(.)/g, "$1") ?? token) : REDACTED];
  });
}

/** Header and claims of a JWT, without its signature; nothing for a token that is none. @returns {Row[]} */
export function jwt(text, label) {
  const parts = text.split(".");
  if (parts.length !== 3) return [];
  try {
    const decoded = parts.slice(0, 2).map((part) => JSON.parse(atob(part.replace(/-/g, "+").replace(/_/g, "/"))));
    return decoded
      .flatMap((object) => fields(object, "", SHOWN_CLAIMS))
      .map(([name, value]) => [`· ${label} ${name}`, value]);
  } catch {
    return [];
  }
}

function fields(object, prefix, shown) {
  return Object.entries(object).flatMap(([key, value]) => {
    const name = prefix + key;
    if (shown.has(name)) return [[name, plain(value)]];
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && key === "params" ? fields(value, `${name}.`, shown) : [[name, REDACTED]];
  });
}

/** Texts, numbers and lists of them. Nested objects have their own names, which are not on the list. */
function plain(value) {
  const isScalar = (it) => ["string", "number", "boolean"].includes(typeof it);
  if (isScalar(value)) return clip(String(value));
  return Array.isArray(value) && value.every(isScalar) ? clip(value.join(", ")) : REDACTED;
}

const clip = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
