// From the callback page to the diagram: which parameters came back. They are redacted in the popup.

import { authorizationResponse } from "./redact.js";

const NAME = "mcp-authorize demo";

/** @param {string} query the callback page's, before the library takes it out of the address bar */
export function tell(query) {
  if (!query) return;
  try {
    new BroadcastChannel(NAME).postMessage(authorizationResponse(query));
  } catch {
    // Where channels are blocked, the diagram does without.
  }
}

/** @param {(parameters: import("./redact.js").Row[]) => void} onResponse */
export function listen(onResponse) {
  new BroadcastChannel(NAME).onmessage = ({ data }) => onResponse(data);
}
