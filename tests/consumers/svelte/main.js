import { McpAuthorizer } from "mcp-authorize";
import { mcpSession } from "mcp-authorize/svelte";
import { derived } from "svelte/store";
import { add } from "./call.js";

const server = new URLSearchParams(location.search).get("server");
const authorizer = () => McpAuthorizer.create({ clientName: "Consumer", redirectUri: "/callback.html" });
const button = document.querySelector("button");
const status = document.querySelector("[role=status]");

const store = mcpSession(server, authorizer);
let how = "Restored";
derived(store, (state) => state).subscribe(async (state) => {
  button.disabled = state.status !== "signed-out" && !state.waiting;
  if (state.status === "signed-in") status.textContent = `${how}: ${await add(state.session)}`;
  else status.textContent = state.error?.message ?? "";
});
button.onclick = () => {
  how = "Signed in";
  store.signIn();
};
