// Keys by WebCrypto, none of which can be read out.
import { keptKey, withDatabase } from "./database.js";

/** A key pair whose private half can't be exported (RFC 9449 §11.8). */
const generate = () => crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);

const usable = (pair) => pair?.privateKey?.type === "private";

/** The pair for an issuer, with its public half as `x` and `y`: one for all tabs where it is to last and there is a database. */
export async function keyPair(known, issuer, lasts) {
  if (!known[issuer]) {
    let asked = false;
    const kept = (request) => {
      asked = true;
      return keptKey(request, `dpop ${issuer}`, usable, generate);
    };
    const unlessMissing = (error) => {
      if (asked) throw error;
      return generate();
    };
    const pair = await (lasts ? withDatabase(kept).catch(unlessMissing) : generate());
    // Exported once: each proof has it in its header (RFC 9449 §4.2).
    const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    Object.assign(pair, { x, y });
    // Another request may have been faster where there is no database.
    known[issuer] ??= pair;
  }
  return known[issuer];
}

/** Each algorithm takes of the parameters what it needs, and a copy of the input. */
export const sign = async ({ privateKey }, input) =>
  new Uint8Array(
    await crypto.subtle.sign({ name: privateKey.algorithm.name, hash: "SHA-256", saltLength: 32 }, privateKey, input),
  );
