// The browser that the tests run in, and the driver for wasm-bindgen's tests. The driver's settings are in webdriver.json, which
// a plain `wasm-pack test` also reads. A copy with the browser's path is written to the cache.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, cache, root, which } from "../run.mjs";
import { canInstall, install } from "./debian.mjs";

const { "goog:chromeOptions": options } = JSON.parse(readFileSync(join(root, "webdriver.json"), "utf8"));

/** How every test starts the browser. Its sandbox does not work for root. */
export const chromiumArguments = process.getuid?.() === 0 ? [...options.args, "--no-sandbox"] : options.args;

/** The browser's path, from the environment or on the PATH. */
export const findChromium = () =>
  process.env.CHROMIUM || which("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

/** The environment for tests: CHROMIUM is the browser's path, CHROMEDRIVER the driver's. */
export async function browser() {
  if (!find() && canInstall()) await install(["chromium", "chromium-driver"], "Chromium", "20 s");
  const found = find();
  if (!found) {
    throw new Failure(
      "The tests need Chromium or Chrome and the chromedriver of the same version on the PATH " +
        "(or their paths in CHROMIUM and CHROMEDRIVER).",
    );
  }

  const settings = join(cache, "webdriver.json");
  mkdirSync(cache, { recursive: true });
  writeFileSync(settings, JSON.stringify({ "goog:chromeOptions": { ...options, binary: found.CHROMIUM } }));
  return { ...found, WASM_BINDGEN_TEST_WEBDRIVER_JSON: settings };
}

function find() {
  const CHROMIUM = findChromium();
  const CHROMEDRIVER = process.env.CHROMEDRIVER || which("chromedriver");
  return CHROMIUM && CHROMEDRIVER ? { CHROMIUM, CHROMEDRIVER } : null;
}
