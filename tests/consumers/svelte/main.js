import { McpAuthorizer } from "mcp-authorize";
import { add } from "./call.js";
import { mcpSession } from "./session.js"; // docs/frameworks.md

const server = new URLSearchParams(location.search).get("server");
const authorizer = () => McpAuthorizer.create({ clientName: "Consumer", redirectUri: "/callback.html" });
const button = document.querySelector("button");
const status = document.querySelector("[role=status]");

const store = mcpSession(server, authorizer);
let how = "Restored";
store.subscribe(async (state) => {
  button.disabled = state.status !== "signed-out";
  if (state.status === "signed-in") status.textContent = `${how}: ${await add(state.session)}`;
  else status.textContent = state.error?.message ?? "";
});
button.onclick = () => {
  how = "Signed in";
  store.signIn();
};
