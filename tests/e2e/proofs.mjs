// DPoP proofs (RFC 9449 §4.2), created by a library other than this one.

import { createHash, randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

export async function keyPair() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  return { key: privateKey, jwk: await exportJWK(publicKey) };
}

export const hashOf = (token) => createHash("sha256").update(token).digest("base64url");

/**
 * Creates a proof; `claims` and `header` override its parts.
 *
 * @param {{ key: CryptoKey, jwk: object, method: string, url: string, token?: string, claims?: object, header?: object }} of
 */
export function proofFor({ key, jwk, method, url, token, claims, header }) {
  const payload = {
    jti: randomUUID(),
    htm: method,
    htu: url,
    iat: Math.floor(Date.now() / 1000),
    ...(token && { ath: hashOf(token) }),
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk, ...header }).sign(key);
}
