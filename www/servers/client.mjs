// The demo page as a client at its own authorization server, if it does not register itself.

/** The id of the client that is registered by hand. */
export const PRE_REGISTERED = "mcp-authorize-demo";

/**
 * The URL of the page's client ID metadata document. It has to be https, which nothing is here. So the authorization server
 * gets the document without a request, and nothing else requests it.
 */
export const DOCUMENT_URL = "https://demo.example/client.json";

/** @param {string} redirectUri */
export const clientMetadata = (redirectUri) => ({
  client_name: "mcp-authorize demo",
  redirect_uris: [redirectUri],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
});
