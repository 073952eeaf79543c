// The comparison of two lists of items in `npm run public-api`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { difference } from "../../scripts/public-api.mjs";

test("new, removed and changed items are reported, in the order of the list", () => {
  const before = ["pub fn a()", "pub fn b()", "pub struct S"];
  const after = ["pub fn a()", "pub fn b(u8)", "pub fn c()", "pub struct S"];
  assert.deepEqual(difference(before, after), { removed: ["pub fn b()"], added: ["pub fn b(u8)", "pub fn c()"] });
});

test("an item that occurs twice counts twice", () => {
  assert.deepEqual(difference(["x", "x"], ["x"]), { removed: ["x"], added: [] });
  assert.deepEqual(difference(["x"], ["x", "x"]), { removed: [], added: ["x"] });
});

test("lists of the same items do not differ", () => {
  assert.deepEqual(difference(["x", "y"], ["y", "x"]), { removed: [], added: [] });
});
