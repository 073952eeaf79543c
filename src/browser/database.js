// Records in IndexedDB, each encrypted by AES-GCM with a key that no script can read out.
//
// Who copies the database, a backup or another program, gets names without values. Against a
// script in the page it is no protection: that one can use the key as this module does.

const KEYS = "keys";
const RECORDS = "records";

const done = (request, success, failure) =>
  new Promise((resolve, reject) => {
    request[success] = () => resolve(request.result);
    request[failure] = () => reject(request.error);
  });

/**
 * Works with requests, each in a transaction of its own. The connection is opened for each use: one that stayed open
 * would be in the way of deleting the database, and browsers break those of pages in the background.
 */
export async function withDatabase(work) {
  const opening = indexedDB.open("mcp-authorize");
  opening.onupgradeneeded = () => [KEYS, RECORDS].forEach((store) => opening.result.createObjectStore(store));
  const database = await done(opening, "onsuccess", "onerror");
  try {
    return await work(async (store, method, ...rest) => {
      const transaction = database.transaction(store, method === "get" ? "readonly" : "readwrite");
      const request = transaction.objectStore(store)[method](...rest);
      await done(transaction, "oncomplete", "onabort");
      return request.result;
    });
  } finally {
    database.close();
  }
}

/** The key of a name that all tabs use, made where there is none that is usable. */
export async function keptKey(request, name, usable, make) {
  const kept = await request(KEYS, "get", name);
  if (usable(kept)) return kept;
  await request(KEYS, "delete", name);
  const made = await make();
  // Another tab may have been faster: then `add` fails, and its key is the one.
  const refused = await request(KEYS, "add", made, name).then(() => false, (error) => error);
  const found = await request(KEYS, "get", name);
  if (!usable(found)) throw refused;
  return found;
}

const AES_GCM = "AES-GCM";

/** Binds the record to its name: under another one it can't be decrypted. */
const parameters = (name, iv) => ({ name: AES_GCM, iv, additionalData: new TextEncoder().encode(name) });

/** The interface of the app's own storage. */
export const database = {
  get: (name) =>
    withDatabase(async (request) => {
      const record = await request(RECORDS, "get", name);
      if (record === undefined) return;
      const key = await request(KEYS, "get", RECORDS);
      try {
        const decrypted = await crypto.subtle.decrypt(parameters(name, record.iv), key, record.data);
        const text = new TextDecoder("utf-8", { fatal: true }).decode(decrypted);
        new Uint8Array(decrypted).fill(0);
        return text;
      } catch {
        return ""; // Nobody can read it any more.
      }
    }),

  set: (name, value) =>
    withDatabase(async (request) => {
      const usable = (key) => key?.algorithm?.name === AES_GCM;
      const make = () => crypto.subtle.generateKey({ name: AES_GCM, length: 256 }, false, ["encrypt", "decrypt"]);
      const key = await keptKey(request, RECORDS, usable, make);
      // A fresh one for each encryption: the same twice would give the texts away (NIST SP 800-38D §8).
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const bytes = new TextEncoder().encode(value);
      // It copies the bytes before it returns.
      const encrypting = crypto.subtle.encrypt(parameters(name, iv), key, bytes);
      bytes.fill(0);
      await request(RECORDS, "put", { iv, data: await encrypting }, name);
    }),

  delete: (name) => withDatabase((request) => request(RECORDS, "delete", name)),
};
