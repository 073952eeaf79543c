// An OpenID provider on the Go library zitadel/oidc (main.go here), with the demo's MCP server.

import { join } from "node:path";
import { announce, freePort, installed, pageOrigin, startProgram } from "../product.mjs";
import { resourceServer, verifyJwts } from "../resource-server.mjs";

const mcp = await resourceServer();
const issuer = `http://localhost:${await freePort()}`;
const metadataUrl = `${issuer}/.well-known/openid-configuration`;
await startProgram(join(installed, "zitadel-oidc"), [], {
  url: metadataUrl,
  env: { ISSUER: issuer, RESOURCE: mcp.url, REDIRECT_URI: `${pageOrigin}/callback.html` },
});
const verify = await verifyJwts({ url: mcp.url, metadataUrl, typ: "JWT" });
mcp.protect({ issuer, verify, dpop: false });
announce({ mcpUrl: mcp.url, options: { clientId: "app" } });
