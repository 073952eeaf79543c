// Shows an error: a message for people, and the fields for programs below.

import { McpAuthorizeError } from "mcp-authorize";
import { breakable, find, make } from "./dom.js";

export function clearError() {
  find("error").replaceChildren();
}

export function showError(error) {
  const isOurs = error instanceof McpAuthorizeError;
  const parts = [make("p", { className: "message" }, isOurs ? error.userMessage : error.message)];
  if (isOurs) {
    parts.push(make("p", {}, ...breakable(`${error.message} ${error.remedy}`)), facts(error));
  }
  find("error").replaceChildren(...parts);
  find("error").scrollIntoView({ block: "nearest" });
}

function facts(error) {
  const list = make("dl", { className: "facts" });
  const { code, step, serverError, status, url } = error;
  for (const [name, value] of Object.entries({ code, step, "server’s error": serverError, status, url })) {
    if (value === undefined) continue;
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, make("code", {}, ...breakable(value)))));
  }
  return list;
}
