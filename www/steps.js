// The list of steps: each HTTP exchange of the library, and what happened in between.

import { find, make } from "./dom.js";

const TITLES = {
  challenge: "Ask without a token",
  resource_metadata: "Who protects it",
  authorization_server_metadata: "How to sign in there",
  registration: "Register this app",
  authorization: "Push the request",
  token: "Code for tokens",
  refresh: "Refresh",
  request: "Call with the token",
  revocation: "Revoke",
};

/** @param {import("mcp-authorize").McpAuthorizer} authorizer */
export function logSteps(authorizer) {
  authorizer.addEventListener("exchange", ({ detail: { step, method, url, status, duration } }) => {
    add(TITLES[step] ?? step, `${method}\u00a0${url}`, { status: status ?? "no answer", duration });
  });
  authorizer.addEventListener("authorizing", ({ detail }) => add("The popup opens", detail.issuer));
  authorizer.addEventListener("signed-in", ({ detail }) => add("Signed in", detail.server));
  authorizer.addEventListener("refreshed", ({ detail }) => add("New tokens", detail.server));
  authorizer.addEventListener("signed-out", ({ detail }) => {
    add(detail.reason === "expired" ? "The session ran out" : "Signed out", detail.server);
  });
}

function add(title, text, { status, duration } = {}) {
  find("no-steps").hidden = true;
  const line = make("p", {}, make("span", { className: "title" }, title));
  if (status !== undefined) {
    line.append(make("span", { className: "answer" }, `${status} · ${Math.round(duration)} ms`));
  }
  find("steps").append(make("li", {}, line, make("p", { className: "detail" }, text)));
  const panel = find("steps").closest("aside");
  panel.scrollTop = panel.scrollHeight;
}
