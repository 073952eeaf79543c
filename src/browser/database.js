// Records in IndexedDB, each encrypted by AES-GCM with a key that no script can read out, and key pairs of that kind.
//
// Who reads a backup or another program's copy of the records gets neither names nor values. Against a
// script in the page it is no protection: that one can use the key as this module does.

const KEYS = "keys";
const RECORDS = "records";
const VERSION = 2;

const done = (request, success, failure) =>
  new Promise((resolve, reject) => {
    request[success] = () => resolve(request.result);
    request[failure] = () => reject(request.error);
  });

/**
 * What all who work at the same time share.
 *
 * @type {{ opening: Promise<IDBDatabase>, users: number } | undefined}
 */
let current;

async function open() {
  const opening = indexedDB.open("mcp-authorize", VERSION);
  opening.onupgradeneeded = () => {
    const { result } = opening;
    for (const store of [KEYS, RECORDS]) {
      // In version 1, names are in plain text.
      if (result.objectStoreNames.contains(store)) result.deleteObjectStore(store);
      result.createObjectStore(store);
    }
  };
  return done(opening, "onsuccess", "onerror");
}

/**
 * Works with requests, each in a transaction of its own. The connection is closed when nobody works with it: one that
 * stayed open would be in the way of deleting the database, and browsers break those of pages in the background.
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
    // It may be broken: who comes next opens another one.
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
      // Another one wants to delete the database, or has a newer version of it: it waits for those at work alone.
      database.onversionchange = () => leave(connection);
    },
    () => {},
  );
  return connection;
}

/** Nobody joins a connection any more. */
function leave(connection) {
  if (current === connection) current = undefined;
}

/** The key of a name that all tabs use, made where there is none that is usable. */
async function keptKey(request, name, usable, make) {
  const kept = await request(KEYS, "get", name);
  if (usable(kept)) return kept;
  await request(KEYS, "delete", name);
  const made = await make();
  // Another tab may have been faster: then `add` fails, and its key is the one.
  const refused = await request(KEYS, "add", made, name).then(
    () => false,
    (error) => error,
  );
  const found = await request(KEYS, "get", name);
  if (!usable(found)) throw refused;
  return found;
}

const AES_GCM = "AES-GCM";

/** What a name is kept as. Names have the URLs of servers in them. */
const hashed = (name) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));

/** Binds the record to its name: under another one it can't be decrypted. */
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
      // A fresh one for each encryption: the same twice would give the texts away (NIST SP 800-38D §8).
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const bytes = new TextEncoder().encode(value);
      // It copies the bytes before it returns.
      const encrypting = crypto.subtle.encrypt(parameters(id, iv), key, bytes);
      bytes.fill(0);
      await request(RECORDS, "put", { iv, data: await encrypting }, id);
    }),

  delete: (name) => withDatabase(async (request) => request(RECORDS, "delete", await hashed(name))),
};

// Key pairs by WebCrypto.

/** A key pair whose private half can't be exported (RFC 9449 §11.8). */
const generate = () => crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);

const usable = (pair) => pair?.privateKey?.type === "private";

/** The pair of a name, with its public half as `x` and `y`: one for all tabs where it is to last and there is a database. */
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

/** Each algorithm takes of the parameters what it needs, and a copy of the input. */
export const sign = async (key, input) =>
  new Uint8Array(await crypto.subtle.sign({ name: key.algorithm.name, hash: "SHA-256", saltLength: 32 }, key, input));
