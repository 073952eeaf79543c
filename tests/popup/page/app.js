import { report } from "/report.js";

const config = await (await fetch("/config.json")).json();
if (config.withoutChannel) await import("/without-channel.js");
const { McpAuthorizer } = await import("/pkg/index.js");
const authorizer = await McpAuthorizer.create({
  clientName: "Popup matrix",
  redirectUri: "/callback.html",
  ...config.options,
});
authorizer.addEventListener("waiting", ({ detail }) => report("waiting", detail));

// The last popup, and the time at which it first looked closed.
let popup, closedAt;
const open = window.open;
window.open = (...rest) => {
  popup = open.apply(window, rest);
  closedAt = undefined;
  if (!popup) return popup;
  queueMicrotask(() => {
    try {
      const { title, body, documentElement } = popup.document;
      report("connecting", { title, text: body.textContent, style: documentElement.style.cssText });
    } catch {
      // A popup left from before a reload still shows a page of another origin.
    }
  });
  // In engines where every window claims the focus, the matrix sets it.
  if (config.tellFocus) window.hasFocus = false;
  return popup;
};
if (config.tellFocus) {
  window.hasFocus = true;
  document.hasFocus = () => window.hasFocus;
}
setInterval(() => {
  if (popup?.closed) closedAt ??= performance.now();
}, 20);

// The received responses, to be replayed.
window.responses = [];
if (!config.withoutChannel) {
  const channel = new BroadcastChannel("mcp-authorize");
  channel.onmessage = ({ data }) => data.query && responses.push(data);
}
addEventListener("message", ({ data }) => data?.type === "mcp-authorize" && report("message"));

let controller;
async function signIn() {
  controller = new AbortController();
  try {
    const { issuer } = await authorizer.signIn(config.mcpUrl, { signal: controller.signal });
    report("signed-in", { issuer, popupClosed: popup.closed });
  } catch ({ code, message }) {
    report("failed", {
      code,
      message,
      href: location.href,
      popupClosed: popup?.closed,
      delay: performance.now() - closedAt,
    });
  }
}

/** Restores the session after a redirect. */
async function restore() {
  const { href } = location;
  let left = [];
  try {
    left = Object.keys(sessionStorage).filter((name) => name.startsWith("mcp-authorize?"));
  } catch {
    // A frame of another site may have no storage.
  }
  try {
    const session = await authorizer.restore(config.mcpUrl);
    report("restored", { signedIn: session !== null, href, referrer: document.referrer, left: left.length });
    return session;
  } catch ({ code, message }) {
    report("restored", { code, message, href });
  }
}

const cancel = () => controller.abort();
document.getElementById("sign-in").onclick = () => {
  if (window.cancelFirst) cancel();
  void signIn();
};
document.getElementById("cancel").onclick = cancel;
const session = config.options?.display ? await restore() : null;
/** @type {HTMLButtonElement} */ (document.getElementById("sign-in")).disabled = false;
report("ready");
// Runs in the page, because a test can't control a page that is about to be left, and WebKit drops responses to its
// requests.
authorizer.addEventListener("authorizing", () => {
  if (!config.whenLeaving) return;
  setTimeout(() => {
    if (config.whenLeaving === "cancel") return cancel();
    dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  }, 1000);
});
if (config.withoutClick && !session) void signIn();
