// The three engines, each as a browser with one app page and its popups:
//
//     open(url)       shows a page in the app's window
//     frame()         goes into its first frame
//     back(), reload() as the browser's buttons
//     click(selector) clicks in it
//     run(expression) is what an expression comes to in it
//     popup()         the newest window beside it, once there is one: { click, close }
//     windows()       how many windows there are
//     reset()         closes all windows but the app's, which is left empty
//     close()         ends the browser

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure, isProgram, which } from "../../scripts/run.mjs";
import { canInstall, install } from "../../scripts/toolchain/debian.mjs";
import { geckodriver } from "../../scripts/toolchain/tools.mjs";
import { launchBrowser } from "../e2e/browser.mjs";
import { startSession } from "./webdriver.mjs";
import { PATIENCE } from "../patience.mjs";

const MINI_BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/**
 * `focus`: whether only the window in front has the focus, and if not, why. `beforeUnload`: whether a window
 * that the test closes gets that event, as it does when a user closes it. `frameStorage`: whether a frame of another
 * site has a storage.
 */
export const ENGINES = {
  chromium: {
    title: "Chromium",
    start: startChromium,
    focus: false,
    noFocus: "a headless browser says of every window that it has it",
    beforeUnload: true,
    frameStorage: false,
  },
  firefox: { title: "Firefox", start: startFirefox, focus: true, beforeUnload: true, frameStorage: true },
  webkit: {
    title: "WebKitGTK",
    start: startWebKit,
    focus: false,
    noFocus: "without a window manager every window has it",
    beforeUnload: false,
    frameStorage: true,
  },
};

async function startChromium() {
  const browser = await launchBrowser();
  let context, page;
  const target = { app: undefined };
  return {
    version: browser.version(),
    async reset() {
      await context?.close();
      context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE);
      target.app = page = await context.newPage();
    },
    async open(url) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await page.goto(url);
        } catch (error) {
          // The page that the test has just heard of has not come up for Playwright, or the last try has by now.
          if (tries === 5 || !error.message.includes("is interrupted by another navigation")) throw error;
          await page.waitForLoadState();
        }
      }
    },
    back: () => page.goBack(),
    reload: () => page.reload(),
    frame: async () => void (target.app = page.frames()[1]),
    click: (selector) => target.app.locator(selector).click(),
    run: (expression) => target.app.evaluate(expression),
    windows: async () => context.pages().length,
    async popup() {
      const found =
        context
          .pages()
          .filter((it) => it !== page)
          .at(-1) ?? (await context.waitForEvent("page"));
      return {
        click: (selector) => found.locator(selector).click(),
        close: () => found.close({ runBeforeUnload: true }),
      };
    },
    close: () => browser.close(),
  };
}

async function startFirefox() {
  const names = ["firefox-esr", "firefox"];
  if (!which(...names) && canInstall()) await install(["firefox-esr"], "Firefox", "30 s");
  const binary = which(...names) ?? missing("Firefox (Debian: apt-get install firefox-esr)");
  const command = join(await geckodriver(), "geckodriver");
  const session = await startSession({
    command,
    args: (port) => ["--port", String(port)],
    capabilities: {
      "moz:firefoxOptions": {
        binary,
        args: ["-headless"],
        // As users have it; for tests geckodriver turns it off.
        prefs: { "dom.disable_open_during_load": true },
      },
    },
  });
  return byWebDriver(session);
}

async function startWebKit() {
  const there = () => which("WebKitWebDriver") && which("Xvfb") && isProgram(MINI_BROWSER);
  if (!there() && canInstall()) await install(["webkit2gtk-driver", "xvfb"], "WebKitGTK", "30 s");
  if (!there()) missing("WebKitWebDriver, MiniBrowser and Xvfb (Debian: apt-get install webkit2gtk-driver xvfb)");

  const args = ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"];
  const display = spawn("Xvfb", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  try {
    const [number] = await once(display.stdio[3], "data");
    const session = await startSession({
      command: "WebKitWebDriver",
      args: (port) => [`--port=${port}`],
      capabilities: {
        browserName: "MiniBrowser",
        "webkitgtk:browserOptions": { binary: MINI_BROWSER, args: ["--automation"] },
      },
      env: { DISPLAY: `:${String(number).trim()}` },
    });
    return byWebDriver(session, () => display.kill());
  } catch (error) {
    display.kill();
    throw error;
  }
}

function missing(what) {
  throw new Failure(`needs ${what}`);
}

async function byWebDriver(session, end = () => {}) {
  const app = await session.window();
  // Commands go to the current window. Only what is asked for goes there: in Firefox that gives it the focus.
  let current = app;
  const goTo = async (window) => {
    if (current !== window) await session.switchTo((current = window));
  };
  const inWindow = (window, work) => async (value) => {
    await goTo(window);
    return work(value);
  };
  return {
    version: session.version,
    async reset() {
      for (const window of await session.windows()) {
        if (window === app) continue;
        await goTo(window).then(session.closeWindow).catch(gone);
      }
      current = undefined; // whichever frame it was in
      await inWindow(app, session.open)("about:blank");
    },
    open: inWindow(app, session.open),
    back: inWindow(app, session.back),
    reload: inWindow(app, session.reload),
    frame: inWindow(app, () => session.frame(0)),
    click: inWindow(app, session.click),
    run: inWindow(app, session.run),
    windows: async () => (await session.windows()).length,
    async popup() {
      const window = await newest(session, app);
      return {
        click: inWindow(window, session.click),
        close: inWindow(window, session.closeWindow),
      };
    },
    async close() {
      await session.close();
      end();
    },
  };
}

/** A popup may close itself while it is gone to. */
function gone(error) {
  if (!error.message.includes("no such window")) throw error;
}

/** WebDriver tells of no new windows: it has to be asked. */
async function newest(session, app) {
  for (const until = Date.now() + PATIENCE; Date.now() < until; await pause(50)) {
    const window = (await session.windows()).filter((it) => it !== app).at(-1);
    if (window) return window;
  }
  throw new Error("there is no popup");
}
