// The size of a file: raw, and with the strongest compression of gzip and of brotli.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** @param {Uint8Array} bytes */
export function sizes(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params }).length,
  };
}

export const number = (value) => value.toLocaleString("en-US");
