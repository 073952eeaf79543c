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

/** Everything that the origin keeps, as text: bytes as Latin-1, as UTF-8 and in hexadecimal. Runs in the page. */
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

/** Changes what is in the database "mcp-authorize". `change` runs in the page: gets the value and its name. */
const tamper = (tab, store, change) =>
  tab.evaluate(
    async ([store, source]) => {
      // At once: later on the page's Content-Security-Policy holds for it as well.
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
  test("raw contents hold no token in plain text, and the key can't be read out", async (t) => {
    const world = await startWorld(t, browser);
    const tab = await world.signedInTab();
    await tab.evaluate(() => app.session.refresh());
    await tab.evaluate(() => app.call());
    const { secrets } = world;
    assert.ok(secrets.length >= 6, "code, verifier, two access and two refresh tokens");

    const { text, keys } = await tab.evaluate(dump);
    const names = await tab.evaluate(async () => (await app.records()).map(({ name }) => name));
    assert.ok(names.length >= 3, "session, its index and the registration");
    for (const name of names) assert.ok(text.includes(name), "the dump has the session's record");
    for (const secret of secrets) {
      assert.ok(secret.length > 20);
      // Nor half of it.
      assert.ok(!text.includes(secret.slice(0, secret.length / 2)), "a secret is in the dump");
      assert.ok(!text.includes(secret.slice(secret.length / 2)), "a secret is in the dump");
    }
    assert.deepEqual(keys, [
      { algorithm: "AES-GCM", extractable: false, exports: ["InvalidAccessError", "InvalidAccessError"] },
    ]);

    // The dump would have found one: text, and bytes in an object.
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

  test("a fresh initialization vector for each record (NIST SP 800-38D §8)", async (t) => {
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

  // What can't be read is as good as none: `restore` answers null, and a sign-in works.
  const encrypted = (text) => `async (record, name, key) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: name }, key, ${text}) };
  }`;
  const UNREADABLE = [
    ["a bit that flipped", "records", "(it) => (new Uint8Array(it.data)[9] ^= 1, it)"],
    ["another initialization vector", "records", "(it) => (it.iv[0] ^= 1, it)"],
    ["one that was cut off", "records", "(it) => ({ ...it, data: it.data.slice(0, 10) })"],
    ["an empty one", "records", "(it) => ({ ...it, data: new ArrayBuffer(0) })"],
    ["a text", "records", "() => 'garbage'"],
    ["a number", "records", "() => 0"],
    ["null", "records", "() => null"],
    ["an object of others", "records", "() => ({ iv: 'x', data: 'y' })"],
    ["another kind of key", "keys", "() => 'garbage'"],
    ["a key that is null", "keys", "() => null"],
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
    ["a key that is gone", "keys", "() => undefined"],
    ["no JSON", "records", encrypted("new TextEncoder().encode('{')")],
    ["no UTF-8", "records", encrypted("new Uint8Array([0xff, 0xfe, 0xff])")],
    ["another version", "records", encrypted(`new TextEncoder().encode('{"v":99}')`)],
    ["this version, and nothing else", "records", encrypted(`new TextEncoder().encode('{"v":1}')`)],
    ["a list", "records", encrypted(`new TextEncoder().encode('[]')`)],
  ];
  test(
    "a record that can't be read is dropped and reported, never a crash",
    async (t) => {
      const world = await startWorld(t, browser);
      const tab = await world.signedInTab();
      for (const [name, store, change] of UNREADABLE) {
        await t.test(name, async () => {
          assert.equal(await tamper(tab, store, change), 1);
          await reload(tab);
          assert.equal(await tab.evaluate(() => app.session), null);
          // Of what is unreadable with a key, the first is told at once, and the others when they are needed.
          const problems = await tab.evaluate(() => app.events.filter(({ type }) => type === "storage"));
          assert.deepEqual(problems, [{ type: "storage", reason: "unreadable" }]);
          await tab.evaluate(() => app.authorizer.restore(app.mcpUrl));
          assert.equal((await tab.evaluate(() => app.event("storage"))).length, 1, "it is dropped, and told once");
          await signIn(tab);
          assert.equal(await tab.evaluate(() => app.call()), "ok");
          assert.equal((await tab.evaluate(() => app.outcome(app.session.refresh()))).error, undefined);
          await reload(tab);
          assert.equal(await tab.evaluate(() => app.call()), "ok", "what came after is kept");
        });
      }
    },
    { timeout: 10 * PATIENCE },
  );

  test("a database that was deleted while the page is open is made anew", async (t) => {
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
    // The record is gone: nothing crashes, and a sign-in works.
    await tab.evaluate(() => app.call());
    await reload(tab);
    assert.equal(await tab.evaluate(() => app.session), null);
    await signIn(tab);
    await reload(tab);
    assert.equal(await tab.evaluate(() => app.call()), "ok");
  });

  test("a page that never stops using the database is not in the way of its deletion", async (t) => {
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
  test("keeps the session for the page alone", async (t) => {
    const world = await startWorld(t, browser);
    const inMemory = () => app.start({ storage: "memory" });
    const tab = await world.signedInTab(inMemory);
    await tab.evaluate(() => app.expire());
    assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
    assert.equal(world.refreshes.length, 1);
    assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) !== null), true);
    const { text } = await tab.evaluate(dump);
    assert.deepEqual(await tab.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
    assert.ok(!text.includes(world.mcpUrl), "nothing is kept");

    await reload(tab, inMemory);
    assert.equal(await tab.evaluate(() => app.session), null);
  });

  test("another tab's session in memory is another session: its end is its own", async (t) => {
    const world = await startWorld(t, browser);
    const inMemory = () => app.start({ storage: "memory" });
    const one = await world.signedInTab(inMemory);
    const two = await world.signedInTab(inMemory);
    await one.evaluate(() => app.session.signOut());
    // Whatever was told is there by now: the channel keeps the order.
    await signIn(one);
    assert.equal(await two.evaluate(() => app.call()), "ok");
    assert.deepEqual(await two.evaluate(() => app.events.filter(({ type }) => type === "signed-out")), []);
  });
});

describe("the caller's own", () => {
  const kept = {
    "that answers at once": () => ({
      get: (key) => localStorage.getItem(key),
      set: (key, value) => localStorage.setItem(key, value),
      delete: (key) => localStorage.removeItem(key),
    }),
    "that needs its `this`": () =>
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
  // Tabs share what has been set as soon as that has been promised. Of localStorage nobody promises it: HTML does not
  // define what several processes see of it, and Chromium's tabs see each other's changes late.
  const shared = {
    "that answers by promises": () => {
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
    test(`one ${name}: it comes back after a reload, and goes with the session`, async (t) => {
      const world = await startWorld(t, browser);
      const start = starting(storage);
      const tab = await world.signedInTab(start);
      await tab.evaluate(() => app.expire());
      assert.deepEqual(await tab.evaluate(() => app.calls(10)), allOk(10));
      assert.equal(world.refreshes.length, 1);
      assert.ok((await tab.evaluate(everything)).includes("session "));
      await reload(tab, start);
      assert.equal(await tab.evaluate(() => app.call()), "ok");
      // The page has the right time again: the clock was set back since the tokens came.
      assert.equal(world.refreshes.length, 2);
      await tab.evaluate(() => app.session.signOut());
      assert.equal(await tab.evaluate(() => app.call()), "signed_out");
      assert.ok(!(await tab.evaluate(everything)).includes("session "));
    });
  }

  for (const [name, storage] of Object.entries(shared)) {
    test(`one ${name}: 2 tabs × 10, 1 refresh`, async (t) => {
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

  test("one that fails: storage_failed, with what it threw", async (t) => {
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

  test("one that answers with something else: null or storage_failed, never a crash", async (t) => {
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

describe("where storage is blocked, memory has to do", () => {
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
          // A version below the one that is there: VersionError.
          open.call(this, name, 5).onsuccess = (/** @type {any} */ { target }) => target.result.close();
          return open.call(this, name, 4);
        };
      },
    ],
    ["there is no indexedDB", () => Object.defineProperty(globalThis, "indexedDB", { value: undefined })],
    [
      "there is no WebCrypto for it",
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
      const told = [{ type: "storage", reason: "unavailable" }];
      assert.deepEqual(await tab.evaluate(() => app.event("storage")), told, "once");
      await tab.evaluate(() => app.session.signOut());
      assert.equal(await tab.evaluate(() => app.call()), "signed_out");
      await reload(tab);
      assert.equal(await tab.evaluate(() => app.session), null);
    });
  }
});

describe("two apps of one origin", () => {
  /** The same page as the app of another client id; `app.session` is what it restores. */
  const as = (clientId) => /** @type {() => any} */ (new Function(`return app.start({ clientId: "${clientId}" });`));

  test("share no session, and hear nothing of each other's", async (t) => {
    const world = await startWorld(t, browser);
    const one = await world.signedInTab();
    const two = await world.tab(as("another"));
    assert.equal(await two.evaluate(() => app.session), null);
    await one.evaluate(() => app.session.refresh());
    await one.evaluate(() => app.session.signOut());
    // Whatever was told is there by now: a channel keeps the order.
    await two.evaluate(() => app.authorizer.restore(app.mcpUrl));
    const heard = await two.evaluate(() => app.events);
    assert.deepEqual(heard, []);
  });
});

test("names in the database tell no server: each is kept as its SHA-256, and the records as they are encrypted have it all", async (t) => {
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
  // What a list of sessions needs.
  const { server, issuer } = JSON.parse(kept?.text);
  assert.deepEqual({ server, issuer }, { server: world.mcpUrl, issuer: world.issuer });
  const index = records.find(({ name }) => name === hashed(`server ${world.mcpUrl} ${world.pageUrl}callback.html`));
  assert.equal(JSON.parse(index?.text).session, session);
});

test("a database of before, with names in plain text, is emptied: the user signs in once more", async (t) => {
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

test("a record that is put under another's name is not read: another server would get its tokens", async (t) => {
  const world = await startWorld(t, browser);
  const tab = await world.signedInTab();
  // A script without the page's functions, as an extension that writes the database: it moves a record.
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
  // Nothing of the record was used: what it leads to is untouched.
  assert.equal(await tab.evaluate(async () => (await app.authorizer.restore(app.mcpUrl)) !== null), true);
});
