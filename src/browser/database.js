// Records in IndexedDB, encrypted by AES-GCM with a key that scripts can't export, and key pairs that they can't export.
//
// A copy of the records alone reveals neither names nor values. This does not protect against a script in the page,
// which can use the key like this module.

const KEYS = "keys";
const RECORDS = "records";
const VERSION = 2;

const done = (request, success, failure) =>
  new Promise((resolve, reject) => {
    request[success] = () => resolve(request.result);
    request[failure] = () => reject(request.error);
  });

/**
 * The connection that concurrent calls share.
 *
 * @type {{ opening: Promise<IDBDatabase>, users: number } | undefined}
 */
let current;

async function open() {
  const opening = indexedDB.open("mcp-authorize", VERSION);
  opening.onupgradeneeded = () => {
    const { result } = opening;
    for (const store of [KEYS, RECORDS]) {
      // Version 1 stored names in plain text.
      if (result.objectStoreNames.contains(store)) result.deleteObjectStore(store);
      result.createObjectStore(store);
    }
  };
  return done(opening, "onsuccess", "onerror");
}

/**
 * Runs requests, each in its own transaction. The connection is closed when nobody uses it: an open one would block the
 * deletion of the database, and browsers break the connections of background pages.
 */
async function withDatabase(work) {
  const connection = (current ??= connect());
  connection.users += 1;
  try {
    const database = await connection.opening;
    return await work(async (store, method, ...rest) => {
      const transaction = database.transaction(store, method === "get" ? "readonly" : "readwrite");
      const request = transaction.objectStore(store)[method](...rest);
      await done(transaction, "oncomplete", "onabort");
      return request.result;
    });
  } catch (error) {
    // It may be broken. The next call opens another one.
    leave(connection);
    throw error;
  } finally {
    connection.users -= 1;
    if (connection.users === 0) {
      leave(connection);
      connection.opening.then(
        (database) => database.close(),
        () => {},
      );
    }
  }
}

function connect() {
  const connection = { opening: open(), users: 0 };
  connection.opening.then(
    (database) => {
      // Another page wants to delete the database or to open a newer version. It only has to wait for running calls.
      database.onversionchange = () => leave(connection);
    },
    () => {},
  );
  return connection;
}

/** No further call uses this connection. */
function leave(connection) {
  if (current === connection) current = undefined;
}

/** The key with a name, which all tabs use. Generates it if there is no usable one. */
async function keptKey(request, name, usable, make) {
  const kept = await request(KEYS, "get", name);
  if (usable(kept)) return kept;
  await request(KEYS, "delete", name);
  const made = await make();
  // If another tab was faster, `add` fails, and its key is used.
  const refused = await request(KEYS, "add", made, name).then(
    () => false,
    (error) => error,
  );
  const found = await request(KEYS, "get", name);
  if (!usable(found)) throw refused;
  return found;
}

const AES_GCM = "AES-GCM";

/** The stored form of a name. Names contain the URLs of servers. */
const hashed = (name) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));

/** Binds the record to its name: it can't be decrypted with another one. */
const parameters = (id, iv) => ({ name: AES_GCM, iv, additionalData: id });

/** The interface of the app's own storage. */
export const database = {
  get: (name) =>
    withDatabase(async (request) => {
      const id = await hashed(name);
      const record = await request(RECORDS, "get", id);
      if (record === undefined) return;
      const key = await request(KEYS, "get", RECORDS);
      try {
        const decrypted = await crypto.subtle.decrypt(parameters(id, record.iv), key, record.data);
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
      const id = await hashed(name);
      // A fresh one for each encryption: using one twice would reveal the texts (NIST SP 800-38D §8).
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const bytes = new TextEncoder().encode(value);
      // It copies the bytes before it returns.
      const encrypting = crypto.subtle.encrypt(parameters(id, iv), key, bytes);
      bytes.fill(0);
      await request(RECORDS, "put", { iv, data: await encrypting }, id);
    }),

  delete: (name) => withDatabase(async (request) => request(RECORDS, "delete", await hashed(name))),
};

// Key pairs of WebCrypto.

/** A key pair whose private half can't be exported (RFC 9449 §11.8). */
const generate = () => crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);

const usable = (pair) => pair?.privateKey?.type === "private";

/** The pair with a name, and its public key as `x` and `y`. All tabs share it, if it has to last and there is a database. */
export async function keyPair(name, lasts) {
  let asked = false;
  const kept = async (request) => {
    asked = true;
    return keptKey(request, await hashed(`dpop ${name}`), usable, generate);
  };
  const unlessMissing = (error) => {
    if (asked) throw error;
    return generate();
  };
  const pair = await (lasts ? withDatabase(kept).catch(unlessMissing) : generate());
  // Exported once: each proof has it in its header (RFC 9449 §4.2).
  const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return Object.assign(pair, { x, y });
}

/** Each algorithm uses the parameters that it needs, and copies the input. */
export const sign = async (key, input) =>
  new Uint8Array(await crypto.subtle.sign({ name: key.algorithm.name, hash: "SHA-256", saltLength: 32 }, key, input));
