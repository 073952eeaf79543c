import { McpAuthorizer } from "mcp-authorize";
import { add } from "./call.js";

self.addEventListener("message", (event) => {
  const [port] = event.ports;
  event.waitUntil(answer(event.data).then((answer) => port.postMessage(answer)));
});

async function answer(server) {
  try {
    const redirectUri = new URL("/callback.html", location.origin);
    const authorizer = await McpAuthorizer.create({ clientName: "Consumer", redirectUri });
    return await add(await authorizer.restore(server));
  } catch (error) {
    return String(error);
  }
}
