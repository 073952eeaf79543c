// Tests the URL policy on top of the parsers of Chromium and Node.js, with the web platform's test data
// (urltestdata.json, part of the `url` crate's package). tests/url_standard.rs does the same for the `url` crate.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { capture } from "../../scripts/run.mjs";
import { attackedBrowser, victimTab } from "./attack.mjs";

const world = attackedBrowser();

let cases;
before(async () => {
  const { output } = await capture("cargo", ["metadata", "--format-version", "1", "--offline"], { stderr: "ignore" });
  const url = JSON.parse(output).packages.find(({ name }) => name === "url");
  const data = JSON.parse(readFileSync(join(dirname(url.manifest_path), "tests", "urltestdata.json"), "utf8"));
  cases = data.filter((entry) => entry.input !== undefined);
  assert.ok(cases.length > 500);
});

/** The error code of each text as an issuer, or "accepted". */
async function codesOf(texts, module) {
  const { McpAuthorizer } = await import(module);
  const codes = [];
  for (const issuer of texts) {
    const options = {
      clientName: "x",
      redirectUri: "https://app.example/callback",
      clientId: "x",
      issuer,
      storage: "memory",
    };
    codes.push(
      await McpAuthorizer.create(options).then(
        () => "accepted",
        (error) => error.code,
      ),
    );
  }
  return codes;
}

function check(codes) {
  let accepted = 0;
  for (const [index, { input, base, ...read }] of cases.entries()) {
    const code = codes[index];
    const name = JSON.stringify(input);
    if (code !== "accepted") {
      assert.ok(["invalid_url", "insecure_url", "invalid_option"].includes(code), `${name}: ${code}`);
      continue;
    }
    accepted++;
    // Chromium accepts labels with invalid punycode, and requests the name as written.
    if (read.failure && /xn--/i.test(input)) continue;
    assert.ok(!read.failure, `${name} is accepted, but is not a URL`);
    const isLoopback = /^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(read.hostname);
    assert.ok(
      read.protocol === "https:" || (read.protocol === "http:" && isLoopback),
      `${name} is accepted, but is not secure`,
    );
    assert.deepEqual([read.username, read.password, read.search, read.hash], ["", "", "", ""], name);
    assert.doesNotMatch(input, /[\\\u0000-\u0020\u007f-\u009f]/, `${name} would be corrected`);
  }
  assert.ok(accepted >= 7, `${accepted} were accepted`);
}

test("URLs that a browser would correct are rejected in Chromium: invalid_url", async (t) => {
  const tab = await victimTab(await world(t), "https://mcp.example/mcp");
  const source = `(${codesOf})(${JSON.stringify(cases.map(({ input }) => input))}, "/pkg/index.js")`;
  check(await tab.evaluate(source));
});

test("URLs that a runtime would correct are rejected in Node.js: invalid_url", async () => {
  check(
    await codesOf(
      cases.map(({ input }) => input),
      "../../pkg/node.js",
    ),
  );
});
