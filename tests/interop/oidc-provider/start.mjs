// oidc-provider and an MCP server of the SDK 2.x: the demo's servers.

import { start } from "../../../www/serve.mjs";

const { mcpUrl } = await start();
console.log(JSON.stringify({ mcpUrl }));
