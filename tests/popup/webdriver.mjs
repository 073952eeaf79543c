// The parts of W3C WebDriver (https://www.w3.org/TR/webdriver2/) that the matrix needs.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { portOf } from "../../www/servers/port.mjs";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf"; // §12.1, the web element identifier

/** Starts a driver and its browser; `close` ends both. */
export async function startSession({ command, args, capabilities, env = {} }) {
  const port = await freePort();
  const driver = spawn(command, args(port), { stdio: "ignore", env: { ...process.env, ...env } });
  const ended = once(driver, "close");
  const base = `http://127.0.0.1:${port}`;

  async function send(method, path, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }
  try {
    await ready(send, driver);
    const { sessionId, capabilities: got } = await send("POST", "/session", {
      capabilities: { alwaysMatch: capabilities },
    });
    const end = async () => {
      driver.kill();
      await ended;
    };
    const session = new Session((method, path, body) => send(method, `/session/${sessionId}${path}`, body), end);
    return Object.assign(session, { version: got.browserVersion });
  } catch (error) {
    driver.kill();
    throw error;
  }
}

class Session {
  #send;
  #end;

  constructor(send, end) {
    this.#send = send;
    this.#end = end;
  }

  open = (url) => this.#send("POST", "/url", { url });
  back = () => this.#send("POST", "/back", {});
  reload = () => this.#send("POST", "/refresh", {});
  window = () => this.#send("GET", "/window");
  windows = () => this.#send("GET", "/window/handles");
  switchTo = (handle) => this.#send("POST", "/window", { handle });
  closeWindow = () => this.#send("DELETE", "/window");
  frame = (id) => this.#send("POST", "/frame", { id });
  run = (expression) => this.#send("POST", "/execute/sync", { script: `return (${expression})`, args: [] });

  /** A click like a user's, in which the page may open a popup. */
  click = async (selector) => {
    const found = await this.#send("POST", "/element", { using: "css selector", value: selector });
    await this.#send("POST", `/element/${found[ELEMENT]}/click`, {});
  };

  async close() {
    await this.#send("DELETE", "").catch(() => {});
    await this.#end();
  }
}

async function ready(send, driver) {
  for (let tries = 0; driver.exitCode === null && tries < 100; tries += 1) {
    const status = await send("GET", "/status").catch(() => undefined);
    if (status?.ready) return;
    await pause(100);
  }
  throw new Error(`${driver.spawnfile} did not start.`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  await new Promise((done) => server.close(done));
  return port;
}
