// Shapes of live servers (shapes.mjs), each with the end that it has to have, in Node.js.

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
      assert.ok(await world.authorizer.restore(server.mcpUrl), "it can be restored");
    } else if (shape.end.transient) {
      await isKept(world);
    } else {
      assert.ok(error, `it ended with status ${status}`);
      const said = `${error.message} ${error.remedy} ${error.serverError ?? ""}`;
      if (shape.end.code) assert.equal(error.code, shape.end.code, error.message);
      if (shape.end.says) assert.match(said, shape.end.says);
      if (shape.end.never) assert.doesNotMatch(said, shape.end.never);
      for (const name of ["code", "step", "remedy", "userMessage"]) assert.ok(error[name], `it has ${name}`);
      if (shape.ends) await hasEnded(world);
      else assert.equal(await world.authorizer.restore(server.mcpUrl), null, "no session is left over");
    }
    await shape.after?.({ ...world, assert });
  });
}

/** A refresh refused for good: one request, one event, and a way out. */
async function hasEnded(world) {
  const refreshes = world.server.count("token");
  for (let again = 0; again < 3; again++) await assert.rejects(call(world), ({ code }) => code === "signed_out");
  assert.equal(world.server.count("token"), refreshes, "the token endpoint is not asked again");
  assert.equal(refreshes, 2, "the code, and one refresh");
  assert.deepEqual(
    world.events.map(({ type, reason }) => [type, reason]),
    [["signed-out", "expired"]],
  );
  assert.equal(await world.authorizer.restore(world.server.mcpUrl), null, "restore does not bring it back");
  // The button: signing in again works.
  world.server.changes.token = undefined;
  world.session = await world.authorizer.signIn(world.server.mcpUrl);
  assert.equal(await call(world), 200);
}

/** A refresh that failed for now: the session stays, and works once the server does. */
async function isKept(world) {
  assert.notEqual(world.error?.code, "session_expired", world.error?.message);
  assert.deepEqual(
    world.events.filter(({ type }) => type === "signed-out"),
    [],
  );
  assert.ok(await world.authorizer.restore(world.server.mcpUrl), "restore brings it back");
}

// RFC 6749 §5.2 has invalid_client for it; live servers have other words, or none.
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
  test(`a registration that the token endpoint forgot, which answers ${title}: the next sign-in registers anew`, async (t) => {
    const world = await attempt({ changes: {} }, McpAuthorizer);
    t.after(() => world.server.close());
    const { authorizer, server } = world;
    await world.session.signOut();
    server.changes.token = ({ form }, good) => (form.client_id === "client-1" ? answer : good);
    await assert.rejects(authorizer.signIn(server.mcpUrl));
    world.session = await authorizer.signIn(server.mcpUrl);
    assert.equal(await call(world), 200);
    assert.equal(server.count("register"), 2, "once");
  });
}

test("a code that was refused says nothing against the registration", async (t) => {
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

test("ten calls at once after the refresh token has died: one refresh, one event, ten rejections", async (t) => {
  const world = await attempt({ changes: {} }, McpAuthorizer);
  t.after(() => world.server.close());
  world.server.changes.token = () => ({ status: 410, body: "<h1>Gone</h1>" });
  world.server.expire();
  const ends = await Promise.all(Array.from({ length: 10 }, () => call(world).catch(({ code }) => code)));
  assert.ok(
    ends.every((end) => end === "session_expired" || end === "signed_out"),
    `they ended in ${ends}`,
  );
  assert.equal(world.server.count("token"), 2, "the code, and one refresh");
  assert.equal(world.events.length, 1);
});

test("ten calls after a refresh that brought the same access token, and 401s: one refresh", async (t) => {
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
  assert.equal(world.server.count("token"), 2, `the code, and one refresh; they ended in ${statuses}`);
});
