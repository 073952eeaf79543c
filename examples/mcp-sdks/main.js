// A page that signs in to an MCP server and lists its tools by one of three SDKs. Which server and which SDK can be
// said in the page's address: ?server=https://mcp.example.com/mcp&sdk=client-2

import { McpAuthorizer } from "mcp-authorize";

const listTools = {
  "client-2": async (session) => (await import("./client-2.js")).listTools(session),
  "sdk-1": async (session) => (await import("./sdk-1.js")).listTools(session),
  "ai-sdk": async (session) => (await import("./ai-sdk.js")).listTools(session),
};

const form = document.querySelector("form");
const { server, sdk } = form.elements;
const button = document.querySelector("button");
const say = (text) => (document.querySelector("[role=status]").textContent = text);

for (const [name, value] of new URLSearchParams(location.search)) form.elements[name].value = value;

const authorizer = await McpAuthorizer.create({ clientName: "SDK example", redirectUri: "/callback.html" });

async function enter(session, how) {
  const names = await listTools[sdk.value](session);
  say(`${how}: ${names.join(", ")}`);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await enter(await authorizer.signIn(server.value), "Signed in"); // opens the popup: nothing is awaited before it
  } catch (error) {
    say(`${error.message} ${error.remedy ?? error.cause?.remedy ?? ""}`);
  }
});

const session = server.value ? await authorizer.restore(server.value) : null;
if (session) await enter(session, "Restored");
button.disabled = false;
