// Sends the parameters of the response from the callback page to the diagram. They are redacted in the popup.

import { authorizationResponse } from "./redact.js";

const NAME = "mcp-authorize demo";

/** @param {string} query the callback page's, before the library takes it out of the address bar */
export function tell(query) {
  if (!query) return;
  try {
    new BroadcastChannel(NAME).postMessage(authorizationResponse(query));
  } catch {
    // If channels are blocked, the diagram does not show them.
  }
}

/** @param {(parameters: import("./redact.js").Row[]) => void} onResponse */
export function listen(onResponse) {
  new BroadcastChannel(NAME).onmessage = ({ data }) => onResponse(data);
}
