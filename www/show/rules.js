// What each exchange is for, the rule that it follows, and what the library checks in the answer.

const MCP = "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization";
const mcp = (title, page = "") => ({ text: `MCP 2026-07-28, ${title}`, href: MCP + page });
const rfc = (number, section, title) => ({
  text: `RFC ${number} §${section}, ${title}`,
  href: `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`,
});

/**
 * @typedef {object} Rule
 * @property {string} title
 * @property {string} [errorTitle]
 * @property {"mcp" | "server"} [to] who is asked
 * @property {string} why what it is for
 * @property {{ text: string, href: string }[]} rules the sections
 * @property {[text: string, field?: string][]} checks what the library checks; of a field, what stood there is shown
 */

/**
 * By the `step` of the library's `exchange` events, and of the diagram's own.
 *
 * @type {Record<string, Rule>}
 */
export const RULES = {
  challenge: {
    title: "Ask without a token",
    to: "mcp",
    why: "The server is asked something harmless, so that it says what it wants: a challenge, with the place of its metadata and the scope.",
    rules: [mcp("authorization"), rfc(9728, "5.1", "WWW-Authenticate")],
    checks: [
      [
        "is an https URL, or http on loopback: where it is given, the metadata is read there and nowhere else",
        "· resource_metadata",
      ],
      ["is what is asked for first; where there is none, the metadata’s scopes_supported", "· scope"],
      ["A challenge that can’t be read leads to the well-known places, in their order."],
    ],
  },
  resource_metadata: {
    title: "Who protects it?",
    to: "mcp",
    why: "The protected resource metadata names the authorization servers, and the resource that tokens are made for.",
    rules: [
      rfc(9728, "3", "Obtaining metadata"),
      rfc(9728, "3.3", "Validation"),
      mcp("authorization server discovery", "/authorization-server-discovery"),
    ],
    checks: [
      [
        "is the server’s URL, or a parent path of it at the same origin: else the user, and the token, could be sent elsewhere",
        "resource",
      ],
      ["has an issuer, https or loopback; of several the app or its user chooses", "authorization_servers"],
    ],
  },
  authorization_server_metadata: {
    title: "How to sign in there?",
    to: "server",
    why: "The authorization server’s metadata has its endpoints, and what it can do.",
    rules: [
      rfc(8414, "3", "Obtaining metadata"),
      rfc(8414, "3.3", "Validation"),
      mcp("authorization server discovery", "/authorization-server-discovery"),
    ],
    checks: [
      ["is, letter for letter, the issuer that the URL was made from", "issuer"],
      ["has S256: a server that does not offer it is refused", "code_challenge_methods_supported"],
      ["is https, or loopback, as every endpoint", "authorization_endpoint"],
    ],
  },
  registration: {
    title: "Register this app",
    to: "server",
    why: "The authorization server has never heard of this page, which tells its name and where responses go. It gets a client_id, and keeps it for this issuer.",
    rules: [rfc(7591, "3.1", "Client registration request"), mcp("client registration", "/client-registration")],
    checks: [["is there, and kept under the issuer: it is never used at another one", "client_id"]],
  },
  pushed_authorization: {
    title: "Push the request",
    to: "server",
    why: "The parameters go to the server directly, so that the popup’s URL has but a reference to them.",
    rules: [rfc(9126, "2.1", "Pushed authorization request")],
    checks: [["The answer has a request_uri. It is good for one use, and for this long only", "expires_in"]],
  },
  authorization: {
    title: "Ask the user",
    why: "The popup goes to the sign-in page. The verifier stays in this page, and only its hash (code_challenge) goes along; resource says what the token is for.",
    rules: [
      rfc(6749, "4.1.1", "Authorization request"),
      rfc(7636, "4.3", "PKCE"),
      rfc(8707, "2.1", "Resource indicators"),
    ],
    checks: [
      ["The URL is https, or loopback: no other scheme is opened."],
      ["state and verifier are new, and the issuer is remembered with them."],
    ],
  },
  authorization_response: {
    title: "The code comes back",
    errorTitle: "An answer comes back",
    why: "The sign-in page sends the popup to the callback page, which hands the response over and closes. A code alone is worth nothing: it takes the verifier, too.",
    rules: [
      rfc(6749, "4.1.2", "Authorization response"),
      rfc(9207, "2.4", "Validating the issuer"),
      mcp("security considerations", "/security-considerations"),
    ],
    checks: [
      ["is, letter for letter, the issuer that was remembered; a server that promises iss has to send it", "iss"],
      ["is the one that was sent", "state"],
      ["On a mismatch nothing of the response is used or shown."],
    ],
  },
  token: {
    title: "Code for tokens",
    to: "server",
    why: "The code is exchanged, with the verifier that only this page has.",
    rules: [
      rfc(6749, "4.1.3", "Access token request"),
      rfc(7636, "4.5", "PKCE"),
      rfc(8707, "2.2", "Resource indicators"),
      rfc(9449, "5", "DPoP"),
    ],
    checks: [
      ["is Bearer or DPoP; Bearer is refused where DPoP is required", "token_type"],
      ["tells when to refresh, ahead of time", "expires_in"],
      ["The tokens are kept encrypted, under a key that no script can read out."],
    ],
  },
  refresh: {
    title: "New tokens",
    to: "server",
    why: "The refresh token brings a new access token, and mostly a new refresh token: each is good for one use. One tab does it for all.",
    rules: [
      rfc(6749, "6", "Refreshing an access token"),
      rfc(9700, "4.14.2", "Refresh token protection"),
      rfc(8707, "2.2", "Resource indicators"),
    ],
    checks: [
      ["is as before", "token_type"],
      ["takes the old one’s place; where the answer has none, the old one stays", "refresh_token"],
    ],
  },
  request: {
    title: "Call with the token",
    to: "mcp",
    why: "The MCP client’s own request. The library adds the token, and a proof where the token is bound to a key.",
    rules: [rfc(6750, "2.1", "Authorization header"), mcp("authorization"), rfc(9449, "7", "DPoP at the resource")],
    checks: [
      ["is of the resource that the token was made for: no other server ever gets it", "URL"],
      ["401 leads to one refresh, 403 with insufficient_scope to a step-up."],
    ],
  },
  revocation: {
    title: "Revoke",
    to: "server",
    why: "Signing out tells the authorization server that the tokens are worth nothing any more.",
    rules: [rfc(7009, "2.1", "Revocation request")],
    checks: [
      ["The tokens are forgotten here, whatever the answer is."],
      ["400 with unsupported_token_type is common for access tokens that are JWTs: they run out by themselves."],
    ],
  },
  probe: {
    title: "Why no answer?",
    why: "A browser says of a blocked answer and of a dead network the same. A request whose answer is of no matter tells them apart.",
    rules: [{ text: "Fetch standard, CORS protocol", href: "https://fetch.spec.whatwg.org/#http-cors-protocol" }],
    checks: [["Whether anything answers, and whether this page may read it."]],
  },
};
