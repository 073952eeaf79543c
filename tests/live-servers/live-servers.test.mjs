// The deviations of live servers (shapes.mjs) with their expected results, in Node.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { McpAuthorizer } from "../../pkg/node.js";
import { attempt, call } from "./attempt.mjs";
import { shapes } from "./shapes.mjs";

for (const shape of shapes) {
  test(shape.title, async (t) => {
    const world = await attempt(shape, McpAuthorizer);
    t.after(() => world.server.close());
    const { error, status, server } = world;
    if (shape.end === "session") {
      assert.equal(error, undefined, `${error?.code}: ${error?.message} ${error?.cause?.message ?? ""}`);
      assert.equal(status, 200);
      assert.ok(await world.authorizer.restore(server.mcpUrl), "the session can't be restored");
    } else if (shape.end.transient) {
      await isKept(world);
    } else {
      assert.ok(error, `no error, but status ${status}`);
      const said = `${error.message} ${error.remedy} ${error.serverError ?? ""}`;
      if (shape.end.code) assert.equal(error.code, shape.end.code, error.message);
      if (shape.end.says) assert.match(said, shape.end.says);
      if (shape.end.never) assert.doesNotMatch(said, shape.end.never);
      for (const name of ["code", "step", "remedy", "userMessage"]) assert.ok(error[name], `the error has no ${name}`);
      if (shape.ends) await hasEnded(world);
      else assert.equal(await world.authorizer.restore(server.mcpUrl), null, "a session is stored");
    }
    await shape.after?.({ ...world, assert });
  });
}

/**
 * A refresh that is refused for good ends the session with one request and one event, and the user can sign in again.
 */
async function hasEnded(world) {
  const tokenRequests = world.server.count("token");
  for (let again = 0; again < 3; again++) await assert.rejects(call(world), ({ code }) => code === "signed_out");
  assert.equal(world.server.count("token"), tokenRequests, "another request went to the token endpoint");
  assert.equal(tokenRequests, 2, "expected the code exchange and one refresh");
  assert.deepEqual(
    world.events.map(({ type, reason }) => [type, reason]),
    [["signed-out", "expired"]],
  );
  assert.equal(await world.authorizer.restore(world.server.mcpUrl), null, "restore returned a session");
  // Signing in again works.
  world.server.changes.token = undefined;
  world.session = await world.authorizer.signIn(world.server.mcpUrl);
  assert.equal(await call(world), 200);
}

/** A refresh that fails temporarily does not end the session. */
async function isKept(world) {
  assert.notEqual(world.error?.code, "session_expired", world.error?.message);
  assert.deepEqual(
    world.events.filter(({ type }) => type === "signed-out"),
    [],
  );
  assert.ok(await world.authorizer.restore(world.server.mcpUrl), "restore found no session");
}

// RFC 6749 §5.2 defines invalid_client for this case. Live servers use other codes, or none.
for (const [title, answer] of /** @type {[string, any][]} */ ([
  ["401 with a page", { status: 401, body: "<h1>Unauthorized</h1>" }],
  ["403", { status: 403 }],
  ["404 with a page", { status: 404, body: "<h1>Not found</h1>" }],
  ["410", { status: 410 }],
  ["400 invalid_request", { status: 400, body: { error: "invalid_request", error_description: "unknown client" } }],
  ["400 client_not_found", { status: 400, body: { error: "client_not_found" } }],
  ["400 invalid_client", { status: 400, body: { error: "invalid_client" } }],
  ["200 unauthorized_client", { body: { error: "unauthorized_client" } }],
])) {
  test(`the token endpoint does not know the registration and answers ${title}: the next sign-in registers again`, async (t) => {
    const world = await attempt({ changes: {} }, McpAuthorizer);
    t.after(() => world.server.close());
    const { authorizer, server } = world;
    await world.session.signOut();
    server.changes.token = ({ form }, good) => (form.client_id === "client-1" ? answer : good);
    await assert.rejects(authorizer.signIn(server.mcpUrl));
    world.session = await authorizer.signIn(server.mcpUrl);
    assert.equal(await call(world), 200);
    assert.equal(server.count("register"), 2, "expected one new registration");
  });
}

test("a rejected code does not invalidate the registration", async (t) => {
  const world = await attempt({ changes: {} }, McpAuthorizer);
  t.after(() => world.server.close());
  const { authorizer, server } = world;
  await world.session.signOut();
  for (const answer of [{ status: 400, body: { error: "invalid_grant" } }, { status: 503 }, { status: 429 }]) {
    server.changes.token = () => answer;
    await assert.rejects(authorizer.signIn(server.mcpUrl));
  }
  server.changes.token = undefined;
  await authorizer.signIn(server.mcpUrl);
  assert.equal(server.count("register"), 1);
});

test("ten calls at once with an invalid refresh token: one refresh, one event, ten rejections", async (t) => {
  const world = await attempt({ changes: {} }, McpAuthorizer);
  t.after(() => world.server.close());
  world.server.changes.token = () => ({ status: 410, body: "<h1>Gone</h1>" });
  world.server.expire();
  const ends = await Promise.all(Array.from({ length: 10 }, () => call(world).catch(({ code }) => code)));
  assert.ok(
    ends.every((end) => end === "session_expired" || end === "signed_out"),
    `the calls ended with ${ends}`,
  );
  assert.equal(world.server.count("token"), 2, "expected the code exchange and one refresh");
  assert.equal(world.events.length, 1);
});

test("ten calls, and a refresh that returns the same rejected access token: one refresh", async (t) => {
  let kept;
  const world = await attempt(
    {
      changes: {
        token: ({ form }, good) => {
          if (form.grant_type === "authorization_code") kept = good.body.access_token;
          return { ...good, body: { ...good.body, access_token: kept } };
        },
      },
    },
    McpAuthorizer,
  );
  t.after(() => world.server.close());
  world.server.expire();
  const statuses = await Promise.all(Array.from({ length: 10 }, () => call(world).catch(({ code }) => code)));
  for (let later = 0; later < 3; later++) statuses.push(await call(world));
  assert.equal(
    world.server.count("token"),
    2,
    `expected the code exchange and one refresh; the calls ended with ${statuses}`,
  );
});
