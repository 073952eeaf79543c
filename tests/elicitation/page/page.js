import { McpAuthorizer } from "mcp-authorize";

const authorizer = await McpAuthorizer.create({ clientName: "Elicitation tests", redirectUri: "/callback.html" });

globalThis.app = {
  ...(await (await fetch("/config.json")).json()),
  authorizer,

  /** Calls `openUrl`; `app.ended` is its outcome. */
  open(url, { server = app.mcpUrl, message = "Please connect.", ...options } = {}) {
    app.opened = 0;
    app.ended = app.outcome(authorizer.openUrl(url, { server, message, onOpen: () => (app.opened += 1), ...options }));
  },

  outcome: (promise) =>
    promise.then(
      (value) => value,
      ({ name, code, step, message, cause }) => ({ name, code, step, message, cause: cause && String(cause) }),
    ),

  /** Sets the button's click handler. */
  onClick(work) {
    document.getElementById("act").onclick = work;
  },
};
