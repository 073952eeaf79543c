// Explains each exchange: its purpose, the rules for it, and what the library checks in the answer.

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
 * @property {"mcp" | "server"} [to] the receiver
 * @property {string} why its purpose
 * @property {{ text: string, href: string }[]} rules the sections
 * @property {[text: string, field?: string][]} checks what the library checks. If it is a field, its value is shown
 */

/**
 * The keys are the `step` of the library's `exchange` events, and steps that only the diagram has.
 *
 * @type {Record<string, Rule>}
 */
export const RULES = {
  challenge: {
    title: "Call without a token",
    to: "mcp",
    why: "A harmless request without a token. The server answers with a challenge: the URL of its metadata, and the scope to request.",
    rules: [mcp("authorization"), rfc(9728, "5.1", "WWW-Authenticate")],
    checks: [
      [
        "is an https URL, or http on loopback. If the challenge names it, the metadata is read only there.",
        "· resource_metadata",
      ],
      ["is the scope to request. Without it, the page requests the metadata’s scopes_supported.", "· scope"],
      ["If the challenge can’t be read, the well-known URLs are tried in order."],
    ],
  },
  resource_metadata: {
    title: "Read resource metadata",
    to: "mcp",
    why: "The protected resource metadata names the authorization servers, and the resource that tokens are for.",
    rules: [
      rfc(9728, "3", "Obtaining metadata"),
      rfc(9728, "3.3", "Validation"),
      mcp("authorization server discovery", "/authorization-server-discovery"),
    ],
    checks: [
      [
        "is the server’s URL or a parent of it at the same origin. Otherwise a server could get tokens for another one.",
        "resource",
      ],
      [
        "has at least one issuer, https or on loopback. If there are several, the app or its user chooses.",
        "authorization_servers",
      ],
    ],
  },
  authorization_server_metadata: {
    title: "Read server metadata",
    to: "server",
    why: "The authorization server’s metadata lists its endpoints and what it supports.",
    rules: [
      rfc(8414, "3", "Obtaining metadata"),
      rfc(8414, "3.3", "Validation"),
      mcp("authorization server discovery", "/authorization-server-discovery"),
    ],
    checks: [
      ["is exactly the issuer that the URL was made from.", "issuer"],
      ["contains S256. Servers without it are refused.", "code_challenge_methods_supported"],
      ["is https or on loopback, like every endpoint.", "authorization_endpoint"],
    ],
  },
  registration: {
    title: "Register this app",
    to: "server",
    why: "The authorization server does not know this page yet. The page sends its name and its redirect URI, and gets a client_id.",
    rules: [rfc(7591, "3.1", "Client registration request"), mcp("client registration", "/client-registration")],
    checks: [["is stored for this issuer, and never used with another one.", "client_id"]],
  },
  pushed_authorization: {
    title: "Push the request",
    to: "server",
    why: "The page sends the parameters directly to the server. The URL of the sign-in page only has a reference to them.",
    rules: [rfc(9126, "2.1", "Pushed authorization request")],
    checks: [["is how many seconds the answer’s request_uri is valid. It can be used once.", "expires_in"]],
  },
  authorization: {
    title: "Ask the user",
    why: "The sign-in page opens. Its URL contains only the hash of the verifier (code_challenge); the verifier stays in this page. resource names the server that the token is for.",
    rules: [
      rfc(6749, "4.1.1", "Authorization request"),
      rfc(7636, "4.3", "PKCE"),
      rfc(8707, "2.1", "Resource indicators"),
    ],
    checks: [
      ["The URL is https or on loopback. No other scheme is opened."],
      ["state and verifier are new, and stored with the issuer."],
    ],
  },
  authorization_response: {
    title: "The code comes back",
    errorTitle: "An answer comes back",
    why: "The sign-in page sends the user to the callback page, which passes the response to this page. The code is useless without the verifier.",
    rules: [
      rfc(6749, "4.1.2", "Authorization response"),
      rfc(9207, "2.4", "Validating the issuer"),
      mcp("security considerations", "/security-considerations"),
    ],
    checks: [
      ["is exactly the stored issuer. A server that announces iss has to send it.", "iss"],
      ["is the state that was sent.", "state"],
      ["If one does not match, nothing of the response is used or shown."],
    ],
  },
  token: {
    title: "Exchange the code",
    to: "server",
    why: "The page exchanges the code together with the verifier, which only this page has.",
    rules: [
      rfc(6749, "4.1.3", "Access token request"),
      rfc(7636, "4.5", "PKCE"),
      rfc(8707, "2.2", "Resource indicators"),
      rfc(9449, "5", "DPoP"),
    ],
    checks: [
      ["is Bearer or DPoP. Bearer is refused where DPoP is required.", "token_type"],
      ["is how many seconds the token is valid. It is refreshed before that.", "expires_in"],
      ["The tokens are stored encrypted, under a key that scripts can’t extract."],
    ],
  },
  refresh: {
    title: "Refresh the tokens",
    to: "server",
    why: "The refresh token gets a new access token and usually a new refresh token, because each can be used once. One tab refreshes for all.",
    rules: [
      rfc(6749, "6", "Refreshing an access token"),
      rfc(9700, "4.14.2", "Refresh token protection"),
      rfc(8707, "2.2", "Resource indicators"),
    ],
    checks: [
      ["is the same as before.", "token_type"],
      ["replaces the old one. Without it, the old one stays valid.", "refresh_token"],
    ],
  },
  request: {
    title: "Call with the token",
    to: "mcp",
    why: "A request of the MCP client. The library adds the token, and a proof of possession if the token is bound to a key.",
    rules: [rfc(6750, "2.1", "Authorization header"), mcp("authorization"), rfc(9449, "7", "DPoP at the resource")],
    checks: [
      ["belongs to the resource that the token is for. No other server gets the token.", "URL"],
      ["After a 401, the library refreshes once. After a 403 with insufficient_scope, it offers a step-up."],
    ],
  },
  revocation: {
    title: "Revoke the tokens",
    to: "server",
    why: "At sign-out, the authorization server makes the tokens invalid.",
    rules: [rfc(7009, "2.1", "Revocation request")],
    checks: [
      ["The tokens are deleted here, whatever the answer is."],
      ["400 with unsupported_token_type is common for access tokens that are JWTs: they expire by themselves."],
    ],
  },
  probe: {
    title: "Find out why it failed",
    why: "Browsers report a blocked answer and a dead network in the same way. This request finds out which it is.",
    rules: [{ text: "Fetch standard, CORS protocol", href: "https://fetch.spec.whatwg.org/#http-cors-protocol" }],
    checks: [["Whether the server answers, and whether this page may read the answer."]],
  },
};
