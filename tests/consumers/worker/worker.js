import { McpAuthorizer } from "mcp-authorize";
import { add } from "./call.js";

onmessage = async ({ data: server }) => {
  const redirectUri = new URL("/callback.html", location.origin);
  const authorizer = await McpAuthorizer.create({ clientName: "Consumer", redirectUri });
  postMessage(await add(await authorizer.restore(server)));
};
