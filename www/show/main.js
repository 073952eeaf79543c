// Shows what ../app/sign-in.js does: the session, the tools, the diagram, the errors.

import * as app from "../app/sign-in.js";
import { offerDiagnosis } from "./diagnosis.js";
import { breakable, find, make } from "./dom.js";
import { clearError, showError } from "./errors.js";
import { Exchanges } from "./exchanges.js";
import { Sequence } from "./sequence.js";
import { Switches } from "./switches.js";
import { callTool, offer, showTools } from "./tools.js";

const server = find("server");
const redirectUri = new URL("callback.html", document.baseURI).href;
const exchanges = new Exchanges(new Sequence(find("diagram")), redirectUri);

/** The URL of the demo's own server, where it has one. @type {string | undefined} */
let home;
/** What its scopes let the page do. @type {Record<string, string>} */
let scopeWords = {};
/** @type {Switches} */
let switches;
/** Ends the listeners to the authorizer. */
let listening = new AbortController();
/** Whether a session is being restored. */
let restoring = false;
/** Ends the sign-in that is under way. @type {AbortController | null} */
let attempt = null;

async function main() {
  const config = await (await fetch("config.json")).json();
  home = config.mcpUrl;
  scopeWords = config.scopeWords ?? {};
  server.value = leftFor() ?? localStorage.getItem("server") ?? home ?? "";
  if (home) find("hint").textContent = "The demo’s own server is filled in: any name and password will do.";
  switches = new Switches(config, () => run(setUp));

  find("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn(server.value.trim());
  });
  find("cancel").addEventListener("click", () => attempt?.abort());
  find("refresh").addEventListener("click", () => run(() => app.session.refresh()));
  find("sign-out").addEventListener("click", () => run(app.signOut));
  offerDiagnosis({ redirectUri });
  setInterval(showExpiry, 1000);

  await run(() => switches.connect());
  await run(setUp);
  // The user came back from the sign-in page that had replaced this one, or reloaded this page.
  if (!app.session && exchanges.left()) say("The sign-in was not finished.");
  exchanges.preview();
  find("start").disabled = false;
}

/** Starts the app with the options from the switches. */
async function setUp() {
  const { fetch } = exchanges;
  // The diagram shows one step after the other, so nothing is requested in advance.
  await app.start({ fetch, prefetch: false, ...switches.options }, (reason) =>
    leave(reason === "expired" ? "The session has expired. Sign in again." : "Signed out."),
  );
  listening.abort();
  listening = new AbortController();
  const { signal } = listening;
  exchanges.follow(app.authorizer, signal);
  const on = (type, listener) => app.authorizer.addEventListener(type, ({ detail }) => listener(detail), { signal });
  for (const event of ["refreshed", "step-up"]) on(event, showSession);
  // All tabs of an origin share their sessions, so the user may have signed in in another tab.
  on("signed-in", ({ server: entered }) => {
    if (!attempt && !restoring && !app.session && entered === server.value) void run(restore);
  });
  await restore();
}

async function restore() {
  if (!server.value) return;
  const before = app.session;
  restoring = true;
  try {
    await app.restore(server.value);
  } finally {
    restoring = false;
  }
  if (app.session === before) return;
  exchanges.restored(app.session);
  await enter();
  remember(app.session.server);
}

async function signIn(url) {
  const succeeded = await inPopup(async (signal) => {
    const signedIn = app.signIn(url, { signal });
    // With a redirect, this page ends here, and the next one restores the session.
    sessionStorage.setItem("server", url);
    try {
      await signedIn;
    } finally {
      leftFor();
    }
    remember(url);
  });
  // What follows is between the page and the MCP server: there is no sign-in left to cancel.
  if (succeeded) await run(enter);
}

/** The server that a redirect was for, if there was one. Returned only once. */
function leftFor() {
  const url = sessionStorage.getItem("server");
  sessionStorage.removeItem("server");
  return url;
}

function remember(url) {
  // The demo's own server comes from its configuration, since its port may change.
  if (url === home) localStorage.removeItem("server");
  else localStorage.setItem("server", url);
}

/** Called in a click. Nothing is awaited before `work` opens the popup, because the browser would block it. */
async function inPopup(work) {
  attempt = new AbortController();
  switches.disabled = true;
  const working = work(attempt.signal);

  waiting(true);
  say("Continue on the sign-in page.");
  const succeeded = await run(() => working);
  attempt = null;
  switches.disabled = false;
  waiting(false);
  return succeeded;
}

/** Cancel replaces Sign in, and gets its focus. */
function waiting(yes) {
  const [shown, hidden] = yes ? [find("cancel"), find("start")] : [find("start"), find("cancel")];
  const focused = document.activeElement === hidden || document.activeElement === document.body;
  shown.hidden = false;
  hidden.hidden = true;
  if (focused) shown.focus();
}

async function enter() {
  const entered = app.session;
  showSession();
  say("Signed in.");
  void app.client?.close(); // of a session with other options
  // The user may have signed out or in again meanwhile. The result then no longer matters.
  const isCurrent = () => app.session === entered;
  try {
    await app.connect();
    const tools = isCurrent() ? (await app.client.listTools()).tools : [];
    if (isCurrent()) showTools(tools, call);
  } catch (error) {
    if (isCurrent()) throw error;
  }
}

function leave(text) {
  const gone = [find("session"), find("tools")];
  const focused = gone.some((section) => section.contains(document.activeElement));
  for (const section of gone) section.hidden = true;
  showPrimary();
  say(text);
  if (focused) find("start").focus();
}

/** The primary button is the next thing to do: sign in, and then call a tool. */
function showPrimary() {
  find("start").classList.toggle("primary", !app.session);
}

async function call(tool, input) {
  await run(async () => {
    try {
      await callTool(app.client, tool, input);
    } catch (error) {
      // The tool needs more than the user has granted. The session gets it with the user's consent.
      if (!error.stepUp) throw error;
      exchanges.failed(error);
      const missing = error.scopes.filter((scope) => !["offline_access", ...app.session.scopes].includes(scope));
      offer(tool, {
        missing: missing.map((scope) => ({ scope, words: scopeWords[scope] })),
        async grant() {
          if (await inPopup((signal) => error.stepUp({ signal }))) await call(tool, input);
        },
      });
    }
  });
}

/** Does something and shows what goes wrong. @returns {Promise<boolean>} whether it went well */
async function run(work) {
  clearError();
  try {
    await work();
    return true;
  } catch (error) {
    say("");
    showError(error);
    exchanges.failed(error);
    return false;
  }
}

function say(text) {
  find("status").textContent = text;
}

function showSession() {
  const { session } = app;
  if (!session) return;
  find("resource").replaceChildren(...breakable(session.resource));
  find("issuer").replaceChildren(...breakable(session.issuer));
  find("client").replaceChildren(...breakable(session.clientId));
  find("scopes").replaceChildren(...session.scopes.flatMap((scope) => [make("code", {}, ...breakable(scope)), " "]));
  find("refresh").disabled = !session.canRefresh;
  find("session").hidden = false;
  showPrimary();
  showExpiry();
}

function showExpiry() {
  if (!app.session) return;
  find("expiry").textContent = expiryText(app.session);
}

function expiryText({ expiresAt, canRefresh }) {
  if (!expiresAt) return "The server does not say when it expires.";
  const left = Math.round((expiresAt - Date.now()) / 1000);
  if (left <= 0) return canRefresh ? "Expired. The next call refreshes it." : "Expired.";
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const time = [hours && `${hours} h`, (hours || minutes) && `${minutes} min`, `${seconds} s`];
  return `Good for ${time.filter(Boolean).join(" ")}${canRefresh ? ", then refreshed." : "."}`;
}

void run(main);
