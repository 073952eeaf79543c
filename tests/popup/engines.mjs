// The three engines, each as a browser with one app page and its popups:
//
//     open(url)        shows a page in the app's window
//     frame()          switches to its first frame
//     back(), reload() like the browser's buttons
//     click(selector)  clicks in it
//     run(expression)  evaluates an expression in it
//     popup()          waits for the newest other window: { click, close }
//     windows()        the number of windows
//     reset()          closes all windows except the app's, which becomes empty
//     close()          ends the browser

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
 * `focus`: whether only the window in front has the focus; if not, `noFocus` is the reason. `beforeUnload`: whether a
 * window gets this event when the test closes it, as it does when a user closes it. `frameStorage`: whether a frame of
 * another site has storage.
 */
export const ENGINES = {
  chromium: {
    title: "Chromium",
    start: startChromium,
    focus: false,
    noFocus: "in a headless browser, every window has the focus",
    beforeUnload: true,
    frameStorage: false,
  },
  firefox: { title: "Firefox", start: startFirefox, focus: true, beforeUnload: true, frameStorage: true },
  webkit: {
    title: "WebKitGTK",
    start: startWebKit,
    focus: false,
    noFocus: "without a window manager, every window has the focus",
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
          // For Playwright, the page that reported to the test is still loading, or an earlier attempt has just
          // succeeded.
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
        // Blocks popups as for users. geckodriver turns that off.
        prefs: { "dom.disable_open_during_load": true },
      },
    },
  });
  return byWebDriver(session);
}

async function startWebKit() {
  const isInstalled = () => which("WebKitWebDriver") && which("Xvfb") && isProgram(MINI_BROWSER);
  if (!isInstalled() && canInstall()) await install(["webkit2gtk-driver", "xvfb"], "WebKitGTK", "30 s");
  if (!isInstalled()) missing("WebKitWebDriver, MiniBrowser and Xvfb (Debian: apt-get install webkit2gtk-driver xvfb)");

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
  // Commands go to the current window. Switching gives a window the focus in Firefox, so it is switched only if needed.
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
      current = undefined; // leaves any frame
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

/** Ignores that a popup closed itself during a command. */
function gone(error) {
  if (!error.message.includes("no such window")) throw error;
}

/** Polls for a new window, because WebDriver does not report them. */
async function newest(session, app) {
  for (const until = Date.now() + PATIENCE; Date.now() < until; await pause(50)) {
    const window = (await session.windows()).filter((it) => it !== app).at(-1);
    if (window) return window;
  }
  throw new Error("there is no popup");
}
