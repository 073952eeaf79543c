// Proofs of possession at a resource server (RFC 9449): a caller proves that it has the key that its token is bound to.

import { createHash, randomUUID } from "node:crypto";
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";

/** Only asymmetric ones (§4.3). */
export const ALGORITHMS = ["ES256"];

/** How old a proof may be, and how long its `jti` and a nonce are stored, in seconds. */
const WINDOW = 60;

/** Why a proof is refused: `code` is the `error` of the challenge (§7.1, §9). */
export class ProofError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {object} options
 * @param {string} options.url the URL of the resource, without query
 * @param {boolean} options.nonces whether a proof has to have a nonce of this server's (§9)
 */
export function proofVerifier({ url, nonces }) {
  /** When the `jti` of each proof may be deleted, in order of arrival. */
  const shown = new Map();
  const given = [];

  /** A nonce that is valid as long as a proof. */
  function nonce() {
    const now = Date.now();
    if (!(given[0]?.since > now - (WINDOW / 2) * 1000)) given.unshift({ text: randomUUID(), since: now });
    given.length = Math.min(given.length, 2);
    return given[0].text;
  }

  /**
   * The checks of §4.3, in its order.
   *
   * @returns {Promise<string>} the thumbprint of the key (RFC 7638)
   */
  async function verify({ proof, method, token }) {
    if (!proof) throw new ProofError("invalid_dpop_proof", "There is no proof");
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: ALGORITHMS,
      requiredClaims: ["jti", "htm", "htu", "iat", "ath"],
      maxTokenAge: WINDOW,
      clockTolerance: 5,
    }).catch(({ message }) => {
      throw new ProofError("invalid_dpop_proof", message);
    });

    const expect = (right, what) => {
      if (!right) throw new ProofError("invalid_dpop_proof", `The proof is for another ${what}`);
    };
    expect(payload.htm === method, "method");
    expect(URL.canParse(payload.htu) && withoutQuery(payload.htu) === url, "URL");
    expect(payload.ath === createHash("sha256").update(token).digest("base64url"), "token");
    if (nonces && !given.some(({ text }) => text === payload.nonce)) {
      throw new ProofError("use_dpop_nonce", "The proof needs this server's nonce");
    }

    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk);
    const id = `${thumbprint} ${payload.jti}`;
    const now = Date.now();
    for (const [old, until] of shown) {
      if (until > now) break;
      shown.delete(old);
    }
    // §11.1: a stolen proof can't be used again.
    if (shown.has(id)) throw new ProofError("invalid_dpop_proof", "The proof was shown before");
    shown.set(id, now + 2 * WINDOW * 1000);
    return thumbprint;
  }

  return { verify, nonce: () => (nonces ? nonce() : undefined) };
}

function withoutQuery(url) {
  const parsed = new URL(url);
  parsed.search = parsed.hash = "";
  return parsed.href;
}
