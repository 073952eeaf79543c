// The demo provider of the MCP SDK 1.x and an MCP server of that SDK, on one origin.

import { DemoInMemoryAuthProvider } from "@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import cors from "cors";
import express from "express";
import { z } from "zod";

const app = express();
const listening = app.listen(0, "127.0.0.1", () => {
  const origin = new URL(`http://localhost:${listening.address().port}`);
  const url = new URL("/mcp", origin);
  const provider = new DemoInMemoryAuthProvider();
  if (!process.env.AS_INSTALLED) app.use(cors({ exposedHeaders: ["WWW-Authenticate", "Mcp-Session-Id"] }));
  const unlimited = { rateLimit: false };
  app.use(
    mcpAuthRouter({
      provider,
      issuerUrl: origin,
      baseUrl: origin,
      resourceServerUrl: url,
      scopesSupported: ["mcp:tools"],
      authorizationOptions: unlimited,
      clientRegistrationOptions: unlimited,
      tokenOptions: unlimited,
    }),
  );
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(url);
  app.post(
    "/mcp",
    requireBearerAuth({ verifier: provider, resourceMetadataUrl }),
    express.json(),
    async (request, response) => {
      const server = new McpServer({ name: "sdk-1", version: "1.0.0" });
      server.registerTool("add", { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: "text", text: `${a} + ${b} = ${a + b}` }],
      }));
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
      await server.connect(transport);
      await transport.handleRequest(request, response, request.body);
    },
  );
  console.log(JSON.stringify({ mcpUrl: url.href }));
});
