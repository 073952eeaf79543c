// oidc-provider with an MCP server of the SDK 2.x before it: the demo's stack.

import { start } from "../../../www/serve.mjs";

const { mcpUrl } = await start();
console.log(JSON.stringify({ mcpUrl }));
