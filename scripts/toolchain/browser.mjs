// The browser that the tests run in, and the driver that wasm-bindgen's tests steer
// it with. Writes the driver's settings into the cache, since they name the browser's
// path and whether its sandbox can work (it can't for root).

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, cache, which } from "../run.mjs";
import { canInstall, install } from "./debian.mjs";

const ARGUMENTS = [
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How every test starts the browser. Its sandbox does not work for root. */
export const chromiumArguments = process.getuid?.() === 0 ? [...ARGUMENTS, "--no-sandbox"] : ARGUMENTS;

/** The browser's path, by the environment or on the PATH. */
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
  writeFileSync(settings, JSON.stringify({ "goog:chromeOptions": { binary: found.CHROMIUM, args: chromiumArguments } }));
  // The seconds that all tests together may take; the default of 20 is near to what they need.
  return { ...found, WASM_BINDGEN_TEST_WEBDRIVER_JSON: settings, WASM_BINDGEN_TEST_TIMEOUT: "180" };
}

function find() {
  const CHROMIUM = findChromium();
  const CHROMEDRIVER = process.env.CHROMEDRIVER || which("chromedriver");
  return CHROMIUM && CHROMEDRIVER ? { CHROMIUM, CHROMEDRIVER } : null;
}
