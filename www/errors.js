// An error as people can read it, with what a program would look at below.

import { McpAuthorizeError } from "mcp-authorize";
import { find, make } from "./dom.js";

export function clearError() {
  find("error").replaceChildren();
}

/** @param {{ label: string, run(): void }} [action] a button that helps */
export function showError(error, action) {
  const isOurs = error instanceof McpAuthorizeError;
  const parts = [make("p", { className: "message" }, isOurs ? error.userMessage : error.message)];
  if (isOurs) {
    parts.push(make("p", {}, `${error.message} ${error.remedy}`), facts(error));
  }
  if (action) {
    parts.push(make("button", { type: "button", className: "primary", onclick: action.run }, action.label));
  }
  find("error").replaceChildren(...parts);
  find("error").scrollIntoView({ block: "nearest" });
}

function facts(error) {
  const list = make("dl", { className: "facts" });
  const { code, step, serverError, status, url } = error;
  for (const [name, value] of Object.entries({ code, step, "server’s error": serverError, status, url })) {
    if (value === undefined) continue;
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, make("code", {}, String(value)))));
  }
  return list;
}
