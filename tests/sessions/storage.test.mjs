// "IndexedDB by default, each record encrypted with AES-GCM under a non-extractable WebCrypto key kept in
// IndexedDB; memory; and the caller's own { get, set, delete }. Keyed by issuer, client and resource. Versioned records;
// a record that can't be read is dropped and reported, never a crash. Private windows and blocked storage fall back to
// memory with an event."

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe } from "node:test";
import { allOk, launchBrowser, ready, signIn, startWorld, test } from "./world.mjs";
import { PATIENCE } from "../patience.mjs";

let browser;
before(async () => void (browser = await launchBrowser()));
after(() => browser.close());

async function reload(tab, start = () => app.start()) {
  await tab.reload();
  await ready(tab);
  await tab.evaluate(start);
}

/** Everything that the origin stores, as text; bytes in several encodings. Runs in the page. */
async function dump() {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const texts = [document.cookie, JSON.stringify([localStorage, sessionStorage]), ...(await caches.keys())];
  const cryptoKeys = [];
  const write = (value) => {
    if (value instanceof CryptoKey) {
      cryptoKeys.push(value);
    } else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(ArrayBuffer.isView(value) ? value.buffer : value);
      for (const encoding of ["latin1", "utf-8", "utf-16le"]) texts.push(new TextDecoder(encoding).decode(bytes));
      texts.push([...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    } else if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        write(name);
        write(member);
      }
    } else {
      texts.push(String(value));
    }
  };
  for (const { name } of await indexedDB.databases()) {
    texts.push(name);
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const records = database.transaction(store).objectStore(store);
      write(await done(records.getAllKeys()));
      write(await done(database.transaction(store).objectStore(store).getAll()));
    }
    database.close();
  }
  const keys = [];
  for (const key of cryptoKeys) {
    const exports = await Promise.all(
      /** @type {("raw" | "jwk")[]} */ (["raw", "jwk"]).map((/** @type {any} */ format) =>
        crypto.subtle.exportKey(format, key).then(
          () => "exported",
          ({ name }) => name,
        ),
      ),
    );
    keys.push({ algorithm: key.algorithm.name, extractable: key.extractable, exports });
  }
  return { text: texts.join("\n"), keys };
}

/**
 * Changes the values in a store of the database "mcp-authorize". `change` runs in the page, and gets a value and its
 * name.
 */
const tamper = (tab, store, change) =>
  tab.evaluate(
    async ([store, source]) => {
      // Evaluated first, because later the page's Content-Security-Policy forbids it.
      const change = eval(source);
      const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const database = await done(indexedDB.open("mcp-authorize"));
      const records = () => database.transaction(store, "readwrite").objectStore(store);
      const all = await done(records().getAllKeys());
      const { issuer, clientId, resource } = app.session;
      const own = new TextEncoder().encode(`session ${app.mcpUrl} ${issuer} ${clientId} ${resource}`);
      const id = await crypto.subtle.digest("SHA-256", own);
      const names = all.filter((name) => store === "keys" || indexedDB.cmp(name, id) === 0);
      for (const name of names) {
        const key = await done(database.transaction("keys").objectStore("keys").get("records"));
        const changed = await change(await done(records().get(name)), name, key);
        await done(changed === undefined ? records().delete(name) : records().put(changed, name));
      }
      database.close();
      return names.length;
    },
    [store, `(${change})`],
  );

describe("IndexedDB", () => {
  test("the raw contents contain no token in plain text, and the key can't be exported", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    await tab.evaluate(() => app.session.refresh());
    await tab.evaluate(() => app.call());
    const { secrets } = world;
    assert.ok(secrets.length >= 6, "expected code, verifier, two access and two refresh tokens");

    const { text, keys } = await tab.evaluate(dump);
    const names = await tab.evaluate(async () => (await app.records()).map(({ name }) => name));
    assert.ok(names.length >= 3, "expected the session, its index and the registration");
    for (const name of names) assert.ok(text.includes(name), "the dump lacks a record");
    for (const secret of secrets) {
      assert.ok(secret.length > 20);
      // Not even half of it.
      assert.ok(!text.includes(secret.slice(0, secret.length / 2)), "a secret is in the dump");
      assert.ok(!text.includes(secret.slice(secret.length / 2)), "a secret is in the dump");
    }
    assert.deepEqual(keys, [
      { algorithm: "AES-GCM", extractable: false, exports: ["InvalidAccessError", "InvalidAccessError"] },
    ]);

    // The dump would find a secret as text, and as bytes in an object.
    for (const value of [`"x" + token`, `({ deep: [new TextEncoder().encode("x" + token).buffer] })`]) {
      await tab.evaluate(
        // eslint-disable-next-line no-unused-vars -- the text that is evaluated names it
        async ([token, value]) => {
          const control = eval(value);
          const request = indexedDB.open("control");
          request.onupgradeneeded = () => request.result.createObjectStore("store").put(control, "name");
          await new Promise((done) => (request.onsuccess = done));
          request.result.close();
        },
        [secrets[0], value],
      );
      assert.ok((await tab.evaluate(dump)).text.includes(secrets[0]));
      await tab.evaluate(() => new Promise((done) => (indexedDB.deleteDatabase("control").onsuccess = done)));
    }
  });

  test("each record is encrypted with a fresh initialization vector (NIST SP 800-38D §8)", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const ivs = new Set();
    for (let round = 0; round < 5; round += 1) {
      await tab.evaluate(() => app.session.refresh());
      ivs.add(
        await tab.evaluate(async () => {
          const open = indexedDB.open("mcp-authorize");
          await new Promise((done) => (open.onsuccess = done));
          const { issuer, clientId, resource } = app.session;
          const name = new TextEncoder().encode(`session ${app.mcpUrl} ${issuer} ${clientId} ${resource}`);
          const id = await crypto.subtle.digest("SHA-256", name);
          const get = open.result.transaction("records").objectStore("records").get(id);
          await new Promise((done) => (get.onsuccess = done));
          open.result.close();
          return [...get.result.iv].join();
        }),
      );
    }
    assert.equal(ivs.size, 5);
  });

  // An unreadable record counts as none: `restore` returns null, and a sign-in works.
  const encrypted = (text) => `async (record, name, key) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: name }, key, ${text}) };
  }`;
  const UNREADABLE = [
    ["a flipped bit", "records", "(it) => (new Uint8Array(it.data)[9] ^= 1, it)"],
    ["another initialization vector", "records", "(it) => (it.iv[0] ^= 1, it)"],
    ["a truncated record", "records", "(it) => ({ ...it, data: it.data.slice(0, 10) })"],
    ["an empty record", "records", "(it) => ({ ...it, data: new ArrayBuffer(0) })"],
    ["a string", "records", "() => 'garbage'"],
    ["a number", "records", "() => 0"],
    ["null", "records", "() => null"],
    ["an object of another type", "records", "() => ({ iv: 'x', data: 'y' })"],
    ["a string as key", "keys", "() => 'garbage'"],
    ["null as key", "keys", "() => null"],
    [
      "a key for something else",
      "keys",
      `() =>
      crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"])`,
    ],
    [
      "another key",
      "keys",
      `() =>
      crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])`,
    ],
    ["no key", "keys", "() => undefined"],
    ["invalid JSON", "records", encrypted("new TextEncoder().encode('{')")],
    ["invalid UTF-8", "records", encrypted("new Uint8Array([0xff, 0xfe, 0xff])")],
    ["another version", "records", encrypted(`new TextEncoder().encode('{"v":99}')`)],
    ["only a version", "records", encrypted(`new TextEncoder().encode('{"v":1}')`)],
    ["a list", "records", encrypted(`new TextEncoder().encode('[]')`)],
  ];
  test(
    "an unreadable record is dropped and reported, and never crashes",
    async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab();
      for (const [name, store, change] of UNREADABLE) {
        await t.test(name, async () => {
          assert.equal(await tamper(tab, store, change), 1);
          await reload(tab);
          assert.equal(await tab.evaluate(() => app.session), null);
          // If the key is wrong, only the first record is reported now, and the others when they are read.
          const problems = await tab.evaluate(() => app.events.filter(({ type }) => type === "storage"));
          assert.deepEqual(problems, [{ type: "storage", reason: "unreadable" }]);
          await tab.evaluate(() => app.authorizer.restore(app.mcpUrl));
          assert.equal(
            (await tab.evaluate(() => app.event("storage"))).length,
            1,
            "the dropped record was reported again",
          );
          await signIn(tab);
          assert.equal(await tab.evaluate(() => app.call()), "ok");
          assert.equal((await tab.evaluate(() => app.outcome(app.session.refresh()))).error, undefined);
          await reload(tab);
          assert.equal(await tab.evaluate(() => app.call()), "ok", "the new session was not stored");
        });
      }
    },
    { timeout: 10 * PATIENCE },
  );

  test("a database that is deleted while the page is open is created again", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    await tab.evaluate(
      () =>
        new Promise((done, failed) => {
          const request = indexedDB.deleteDatabase("mcp-authorize");
          request.onsuccess = done;
          request.onblocked = failed;
        }),
    );
    // The record is gone, but nothing crashes, and a sign-in works.
    await tab.evaluate(() => app.call());
    await reload(tab);
    assert.equal(await tab.evaluate(() => app.session), null);
    await signIn(tab);
    await reload(tab);
    assert.equal(await tab.evaluate(() => app.call()), "ok");
  });

  test("a page that uses the database all the time does not block its deletion", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    const outcome = await tab.evaluate(async (patience) => {
      let stopped = false;
      const use = async () => {
        while (!stopped) await app.authorizer.restore(app.mcpUrl);
      };
      const using = Array.from({ length: 20 }, use);
      await app.authorizer.restore(app.mcpUrl);
      const deleted = new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase("mcp-authorize");
        request.onsuccess = () => resolve("deleted");
        request.onerror = () => reject(request.error);
      });
      const starved = new Promise((resolve) => setTimeout(resolve, patience, "starved"));
      const first = await Promise.race([deleted, starved]);
      stopped = true;
      await Promise.all(using);
      return first;
    }, PATIENCE / 4);
    assert.equal(outcome, "deleted");
  });
});

describe("memory", () => {
  test("keeps the session only for this page", async (t) => {
    const world = await startWorld(t, browser);
    const inMemory = () => app.start({ storage: "memory" });
    const tab = await world.signedInTab(inMemory);
    await tab.evaluate(() => app.expire());
    assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
    assert.equal(world.refreshes.length, 1);
    assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) !== null), true);
    const { text } = await tab.evaluate(dump);
    assert.deepEqual(await tab.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
    assert.ok(!text.includes(world.mcpUrl), "something is stored");

    await reload(tab, inMemory);
    assert.equal(await tab.evaluate(() => app.session), null);
  });

  test("a sign-out does not end another tab's session in memory", async (t) => {
    const world = await startWorld(t, browser);
    const inMemory = () => app.start({ storage: "memory" });
    const one = await world.signedInTab(inMemory);
    const two = await world.signedInTab(inMemory);
    await one.evaluate(() => app.session.signOut());
    // The channel keeps the order, so an earlier message would have arrived.
    await signIn(one);
    assert.equal(await two.evaluate(() => app.call()), "ok");
    assert.deepEqual(await two.evaluate(() => app.events.filter(({ type }) => type === "signed-out")), []);
  });

  test("a sign-out of the stored session does not reach a tab with its session in memory", async (t) => {
    const world = await startWorld(t, browser);
    const inMemory = await world.signedInTab(() => app.start({ storage: "memory" }));
    const [stored, alsoStored] = [await world.signedInTab(), await world.tab()];
    const count = (tab) => tab.evaluate(() => app.events.filter(({ type }) => type === "signed-out").length);
    await stored.evaluate(() => app.session.signOut());
    // The browser sends the event to all tabs at once. When this tab has it, the other one would have it, too.
    await alsoStored.waitForFunction(() => app.events.some(({ type }) => type === "signed-out"));
    assert.equal(await inMemory.evaluate(() => app.call()), "ok");
    assert.deepEqual([await count(inMemory), await count(alsoStored)], [0, 1]);
  });
});

describe("the app's own storage", () => {
  const kept = {
    synchronous: () => ({
      get: (key) => localStorage.getItem(key),
      set: (key, value) => localStorage.setItem(key, value),
      delete: (key) => localStorage.removeItem(key),
    }),
    "with methods that need `this`": () =>
      new (class {
        #prefix = "mine ";
        get(key) {
          return localStorage.getItem(this.#prefix + key);
        }
        set(key, value) {
          localStorage.setItem(this.#prefix + key, value);
        }
        delete(key) {
          localStorage.removeItem(this.#prefix + key);
        }
      })(),
  };
  // Other tabs must see a value once `set` has resolved. localStorage does not guarantee that: HTML does not define
  // what other processes see, and Chromium's tabs see changes late.
  const shared = {
    asynchronous: () => {
      const at = (key) => new URL(encodeURIComponent(key), location.href);
      const cache = () => caches.open("mine");
      return {
        get: async (key) => (await (await cache()).match(at(key)))?.text(),
        set: async (key, value) => (await cache()).put(at(key), new Response(value)),
        delete: async (key) => void (await (await cache()).delete(at(key))),
      };
    },
  };
  const everything = async () => {
    const requests = await (await caches.open("mine")).keys();
    return decodeURIComponent(JSON.stringify([{ ...localStorage }, requests.map(({ url }) => url)]));
  };
  const starting = (storage) =>
    /** @type {() => any} */ (new Function(`return app.start({ storage: (${storage})() });`));

  for (const [name, storage] of Object.entries({ ...kept, ...shared })) {
    test(`${name}: the session survives a reload, and a sign-out deletes its records`, async (t) => {
      const world = await startWorld(t, browser);
      const start = starting(storage);
      const tab = await world.signedInTab(start);
      await tab.evaluate(() => app.expire());
      assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
      assert.equal(world.refreshes.length, 1);
      assert.ok((await tab.evaluate(everything)).includes("session "));
      await reload(tab, start);
      assert.equal(await tab.evaluate(() => app.call()), "ok");
      // The reload has reset the clock, so it is behind the time at which the tokens came.
      assert.equal(world.refreshes.length, 2);
      await tab.evaluate(() => app.session.signOut());
      assert.equal(await tab.evaluate(() => app.call()), "signed_out");
      assert.ok(!(await tab.evaluate(everything)).includes("session "));
    });
  }

  for (const [name, storage] of Object.entries(shared)) {
    test(`${name}: 2 tabs × 10 requests, 1 refresh`, async (t) => {
      const world = await startWorld(t, browser);
      const start = starting(storage);
      const tabs = [await world.signedInTab(start), await world.tab(start)];
      for (const tab of tabs) await tab.evaluate(() => app.expire());
      const results = await Promise.all(tabs.map((tab) => tab.evaluate(() => app.calls(10))));
      assert.deepEqual(results, [allOk(10), allOk(10)]);
      assert.equal(world.refreshes.length, 1);
      await tabs[1].evaluate(() => app.session.signOut());
      await tabs[0].evaluate(() => app.event("signed-out"));
      assert.equal(await tabs[0].evaluate(() => app.call()), "signed_out");
    });
  }

  test("a storage that fails: storage_failed, with its error as the cause", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.context.newPage();
    await tab.goto(world.pageUrl);
    await ready(tab);
    for (const get of [
      () => Promise.reject(new DOMException("No.", "DataError")),
      () => {
        throw new DOMException("No.", "DataError");
      },
    ]) {
      const { error } = await tab.evaluate(
        (get) => app.outcome(app.start({ storage: { get: eval(get), set() {}, delete() {} } })),
        `(${get})`,
      );
      assert.equal(error.code, "storage_failed");
      assert.equal(error.cause.name, "DataError");
    }
  });

  test("a storage that returns invalid values: null or storage_failed, never a crash", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.context.newPage();
    await tab.goto(world.pageUrl);
    await ready(tab);
    for (const value of ['""', '"{"', '"garbage"', `'{"v":1}'`, `'{"v":2}'`, '"[]"', "null", "undefined"]) {
      const restored = await tab.evaluate(
        (get) => app.outcome(app.start({ storage: { get: eval(get), set() {}, delete() {} } }).then(() => app.session)),
        `() => ${value}`,
      );
      assert.deepEqual(restored, { value: null }, value);
    }
    for (const value of ["0", "({})", "[]", "true", "new Uint8Array(3)"]) {
      const restored = await tab.evaluate(
        (get) => app.outcome(app.start({ storage: { get: eval(get), set() {}, delete() {} } })),
        `() => ${value}`,
      );
      assert.equal(restored.error.code, "storage_failed", value);
    }
  });
});

describe("if storage is blocked, sessions are kept in memory", () => {
  for (const [name, block] of [
    [
      "indexedDB.open throws",
      () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException("No.", "SecurityError");
        };
      },
    ],
    [
      "indexedDB.open fails",
      () => {
        const { open } = IDBFactory.prototype;
        IDBFactory.prototype.open = function (name) {
          // A version below the existing one: VersionError.
          open.call(this, name, 5).onsuccess = (/** @type {any} */ { target }) => target.result.close();
          return open.call(this, name, 4);
        };
      },
    ],
    ["indexedDB does not exist", () => Object.defineProperty(globalThis, "indexedDB", { value: undefined })],
    [
      "WebCrypto can't generate a key",
      () => {
        SubtleCrypto.prototype.generateKey = () => Promise.reject(new DOMException("No.", "OperationError"));
      },
    ],
  ]) {
    test(name, async (t) => {
      const world = await startWorld(t, browser);
      await world.context.addInitScript(block);
      const tab = await world.signedInTab();
      await tab.evaluate(() => app.expire());
      assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
      assert.equal(world.refreshes.length, 1);
      assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) !== null), true);
      const events = [{ type: "storage", reason: "unavailable" }];
      assert.deepEqual(await tab.evaluate(() => app.event("storage")), events, "expected one event");
      await tab.evaluate(() => app.session.signOut());
      assert.equal(await tab.evaluate(() => app.call()), "signed_out");
      await reload(tab);
      assert.equal(await tab.evaluate(() => app.session), null);
    });
  }
});

describe("two apps on one origin", () => {
  /** Starts the page as an app with another client ID. */
  const as = (clientId) => /** @type {() => any} */ (new Function(`return app.start({ clientId: "${clientId}" });`));

  test("share no session, and get no events of each other", async (t) => {
    const world = await startWorld(t, browser);
    const one = await world.signedInTab();
    const two = await world.tab(as("another"));
    assert.equal(await two.evaluate(() => app.session), null);
    await one.evaluate(() => app.session.refresh());
    await one.evaluate(() => app.session.signOut());
    // The channel keeps the order, so an earlier message would have arrived.
    await two.evaluate(() => app.authorizer.restore(app.mcpUrl));
    const heard = await two.evaluate(() => app.events);
    assert.deepEqual(heard, []);
  });
});

test("names in the database do not reveal servers: each is stored as its SHA-256, and the encrypted records have the details", async (t) => {
  const world = await startWorld(t, browser, { dpop: true });
  const tab = await world.signedInTab();
  const { text } = await tab.evaluate(dump);
  for (const address of [world.mcpUrl, world.issuer, world.pageUrl]) {
    assert.ok(!text.includes(address), `${address} is in the dump`);
    assert.ok(!text.includes(new URL(address).host), `the host of ${address} is in the dump`);
  }
  const clientId = await tab.evaluate(() => app.session.clientId);
  const hashed = (name) => createHash("sha256").update(name).digest("hex");
  const records = await tab.evaluate(() => app.records());
  const session = `session ${world.mcpUrl} ${world.issuer} ${clientId} ${world.mcpUrl}`;
  const kept = records.find(({ name }) => name === hashed(session));
  // The members that a list of sessions needs.
  const { server, issuer } = JSON.parse(kept?.text);
  assert.deepEqual({ server, issuer }, { server: world.mcpUrl, issuer: world.issuer });
  const index = records.find(({ name }) => name === hashed(`server ${world.mcpUrl} ${world.pageUrl}callback.html`));
  assert.equal(JSON.parse(index?.text).session, session);
});

test("a database of an older version, with names in plain text, is emptied, and the user signs in again", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.context.newPage();
  await tab.goto(world.pageUrl);
  await ready(tab);
  await tab.evaluate(
    (name) =>
      new Promise((done, failed) => {
        const opening = indexedDB.open("mcp-authorize");
        opening.onerror = failed;
        opening.onupgradeneeded = () => {
          for (const store of ["keys", "records"]) opening.result.createObjectStore(store).put("kept", name);
        };
        opening.onsuccess = () => done(opening.result.close());
      }),
    `server ${world.mcpUrl} app`,
  );
  await tab.evaluate(() => app.start());
  assert.equal(await tab.evaluate(() => app.session), null);
  await signIn(tab);
  assert.ok(!(await tab.evaluate(dump)).text.includes(world.mcpUrl));
  await reload(tab);
  assert.equal(await tab.evaluate(() => app.call()), "ok");
});

test("a record that is stored under another name is not read, so no other server gets its tokens", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  // Copies a record to another name, as an extension with access to the database could.
  const other = `${new URL(world.mcpUrl).origin}/other`;
  await tab.evaluate(
    async ([server, other]) => {
      const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const id = (name) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
      const database = await done(indexedDB.open("mcp-authorize"));
      const callback = new URL("/callback.html", location.href).href;
      const [from, to] = [await id(`server ${server} ${callback}`), await id(`server ${other} ${callback}`)];
      const store = () => database.transaction("records", "readwrite").objectStore("records");
      const record = await done(store().get(from));
      if (!record) throw new Error("There is no such record");
      await done(store().put(record, to));
      database.close();
    },
    [world.mcpUrl, other],
  );
  const restored = await tab.evaluate(async (other) => app.outcome(app.authorizer.restore(other)), other);
  assert.deepEqual(restored, { value: null });
  assert.deepEqual(await tab.evaluate(() => app.event("storage")), [{ type: "storage", reason: "unreadable" }]);
  // The original session is unchanged.
  assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) !== null), true);
});
