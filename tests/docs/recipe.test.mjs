// Recipes of docs/servers: their commands are found, filled in and run in order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, fill, runCommands } from "../interop/recipe.mjs";

test("a recipe's commands are those under the given headings, in that order", () => {
  const document = "docs/servers/keycloak.md";
  const both = codeOf(document, ["The MCP server's scopes", "A client for your app"]);
  assert.match(both, /^for scope in [^]*^kcadm\.sh create clients /m);
  assert.doesNotMatch(both, /trusted-hosts|await McpAuthorizer/);
  assert.throws(() => codeOf(document, ["A heading that is gone"]), /no sh under "A heading that is gone"/);
});

test("example names are replaced by those of the set-up, and none remains", () => {
  const names = { "https://app.example.com": "http://127.0.0.1:8000", "app.example.com": "127.0.0.1" };
  const commands = "a --origin https://app.example.com/callback.html --host app.example.com";
  assert.equal(fill(commands, names), "a --origin http://127.0.0.1:8000/callback.html --host 127.0.0.1");
  assert.throws(
    () => fill("b https://mcp.example.com/mcp", names),
    /https:\/\/mcp\.example\.com\/mcp has no replacement/,
  );
});

test("a recipe stops at the first command that fails", async () => {
  await assert.rejects(() => runCommands("echo wrong >&2; false\nexit 0"), /A command of the recipe failed: wrong/);
  const { stdout } = await runCommands("echo $GIVEN", { GIVEN: "to the shell" });
  assert.equal(stdout, "to the shell\n");
});
