// Converts the suite's credentials to options of the library. The grant follows from which credentials there are. The
// scenario's name is in the same object but not used.

/** @param {Record<string, string>} given MCP_CONFORMANCE_CONTEXT */
export async function credentialOptions(given) {
  return {
    clientId: given.client_id,
    clientSecret: given.client_secret,
    issuer: given.issuer,
    clientKey: given.private_key_pem && { key: await privateKey(given.private_key_pem) },
    grant: grantFor(given),
  };
}

function grantFor(given) {
  if (given.valid_jwt) return { type: "jwt_bearer", assertion: given.valid_jwt };
  if (given.idp_id_token) {
    return {
      type: "id_jag",
      idToken: given.idp_id_token,
      tokenEndpoint: given.idp_token_endpoint,
      clientId: given.idp_client_id,
    };
  }
  // The suite names the issuer only for clients with a user, not for machine clients.
  if (given.client_id && !given.issuer) return { type: "client_credentials" };
  return undefined;
}

async function privateKey(pem) {
  const base64 = pem.replace(/-----[^-]+-----|\s/g, "");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return crypto.subtle.importKey("pkcs8", bytes, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}
