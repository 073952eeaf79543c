// A typical app, the same for every bundler.

import { McpAuthorizer } from "mcp-authorize";
import { add } from "./add.js";

const server = new URLSearchParams(location.search).get("server");
const button = document.querySelector("button");
const say = (text) => (document.querySelector("[role=status]").textContent = text);

async function main() {
  const authorizer = await McpAuthorizer.create({ clientName: "Consumer", redirectUri: "callback.html" });
  globalThis.diagnose = () => authorizer.diagnose(server); // loads a second WebAssembly module
  const connect = new URL("/connect", server).href;
  globalThis.openUrl = () => authorizer.openUrl(connect, { server, message: "Connect" }); // loads a third one
  const session = await authorizer.restore(server);
  if (session) return say(`Restored: ${await add(session)}`);
  button.onclick = async () => {
    try {
      say(`Signed in: ${await add(await authorizer.signIn(server))}`);
    } catch (error) {
      fail(error);
    }
  };
  button.disabled = false;
}

const fail = (error) => say([error.code, error.message, error.remedy, error.cause].filter(Boolean).join(" "));

main().catch(fail);
