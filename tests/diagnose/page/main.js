// The page under test: runs a diagnosis, or signs in and calls the server.

import { McpAuthorizer } from "mcp-authorize";

const authorizer = await McpAuthorizer.create({
  clientName: "diagnosis",
  redirectUri: "/callback.html",
  storage: "memory",
  requestTimeout: 6000,
});
const server = decodeURIComponent(location.hash.slice(1));
const output = document.querySelector("output");

window.diagnose = () => authorizer.diagnose(server);

document.querySelector("button").addEventListener("click", async () => {
  try {
    const session = await authorizer.signIn(server);
    const headers = {
      Accept: "application/json, text/event-stream",
      "Content-Type": "application/json",
      "Mcp-Protocol-Version": "2025-11-25",
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "ping" });
    await session.fetch(server, { method: "POST", headers, body });
    output.value = "signed in";
  } catch (error) {
    output.value = `${error.code ?? error.name} ${error.step}`;
  }
});
