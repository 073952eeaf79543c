// "A failed attempt does not spoil the next one": a module that failed to load is loaded when it is needed again.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { diagnoseBy } from "../../pkg/diagnosis.js";
import { loadBy, McpAuthorizer } from "../../pkg/face.js";
import { loadSteps, loadStepsBy } from "../../pkg/steps-loading.js";
import * as diagnosis from "../../pkg/wasm/diagnose.js";
import * as core from "../../pkg/wasm/mcp_authorize.js";
import * as steps from "../../pkg/wasm/steps.js";

/**
 * Loads a module at the second attempt, and counts the attempts.
 *
 * @param {{ initSync: Function, Authorizer?: any }} bindings
 * @param {string} name
 */
function flaky({ initSync, Authorizer }, name) {
  const load = async () => {
    load.attempts += 1;
    if (load.attempts === 1) throw new TypeError("Failed to fetch");
    initSync({ module: await readFile(new URL(`../../pkg/wasm/${name}_bg.wasm`, import.meta.url)) });
    return Authorizer;
  };
  load.attempts = 0;
  return load;
}

const unsupported = ({ code, step, cause }) => code === "unsupported" && step === "setup" && cause instanceof TypeError;

test("the sign-in module: unsupported if it fails to load, then it loads once for all", async () => {
  const load = flaky(core, "mcp_authorize");
  const unused = async () => assert.fail("this module is not needed here");
  loadBy(load, unused, unused);
  const create = () => McpAuthorizer.create({ clientName: "Acme", redirectUri: "http://127.0.0.1:8976/callback" });
  await assert.rejects(create(), unsupported);
  await Promise.all([create(), create()]);
  assert.equal(load.attempts, 2);
});

test("the steps module: unsupported if it fails to load, then it loads once for all", async () => {
  const load = flaky(steps, "steps");
  loadStepsBy(load);
  await assert.rejects(loadSteps(), unsupported);
  await Promise.all([loadSteps(), loadSteps()]);
  assert.equal(load.attempts, 2);
});

test("the diagnosis module: a TypeError if it fails to load, then it loads once for all", async () => {
  const load = flaky(diagnosis, "diagnose");
  const diagnose = diagnoseBy(load);
  const run = () => diagnose("rubbish", { redirectUri: "https://app.example/callback", origin: "https://app.example" });
  await assert.rejects(run(), TypeError);
  const [{ failures }] = await Promise.all([run(), run()]);
  assert.equal(failures[0].id, "server.https");
  assert.equal(load.attempts, 2);
});
