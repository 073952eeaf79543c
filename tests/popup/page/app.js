import { report } from "/report.js";

const config = await (await fetch("/config.json")).json();
if (config.withoutChannel) await import("/without-channel.js");
const { McpAuthorizer } = await import("/pkg/index.js");
const authorizer = await McpAuthorizer.create({ clientName: "Popup matrix", redirectUri: "/callback.html", ...config.options });
authorizer.addEventListener("waiting", ({ detail }) => report("waiting", detail));

// The last popup, and when it looked closed at first.
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
      // One that was left behind still shows a page of another origin.
    }
  });
  // Where every window has the focus, the matrix tells where it is.
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

// What came back, to be sent once more.
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
    report("failed", { code, message, popupClosed: popup?.closed, delay: performance.now() - closedAt });
  }
}

const cancel = () => controller.abort();
document.getElementById("sign-in").onclick = () => {
  if (window.cancelFirst) cancel();
  signIn();
};
document.getElementById("cancel").onclick = cancel;
document.getElementById("sign-in").disabled = false;
report("ready");
if (config.withoutClick) signIn();
