// MCP servers of the official SDKs whose tools ask the user to open a page. Version 1 follows MCP 2025-11-25 (a
// separate request, an error and a notification), version 2 follows 2026-07-28 (in the response to the call).

import { randomUUID } from "node:crypto";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { McpServer as McpServerOfSdk1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { UrlElicitationRequiredError } from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, inputRequired, McpServer } from "@modelcontextprotocol/server";

const text = (text) => ({ content: [{ type: /** @type {const} */ ("text"), text }] });

/**
 * MCP 2025-11-25, with sessions.
 *
 * @param {import("./world.mjs").World} world
 */
export function serverOfSdk1(world) {
  /** @type {Map<string, StreamableHTTPServerTransport>} */
  const transports = new Map();
  return async (request, response) => {
    const known = transports.get(request.headers["mcp-session-id"]);
    if (known) return known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void transports.set(id, transport),
    });
    await toolsOfSdk1(world).connect(transport);
    await transport.handleRequest(request, response);
  };
}

/** @param {import("./world.mjs").World} world */
function toolsOfSdk1(world) {
  const mcp = new McpServerOfSdk1({ name: "elicits", version: "1.0.0" });
  const { server } = mcp;
  server.oninitialized = () => world.declared.push(server.getClientCapabilities());
  let last = 0;
  const elicitation = () => {
    const elicitationId = String((last += 1));
    const notify = server.createElicitationCompletionNotifier(elicitationId);
    world.onConnected.set(elicitationId, notify);
    return {
      mode: /** @type {const} */ ("url"),
      elicitationId,
      url: world.urlFor(elicitationId),
      message: world.message,
    };
  };

  // Answers as soon as the user has decided. "accept" does not mean that they are done.
  mcp.registerTool("ask", {}, async () => {
    const { action } = await server.elicitInput(elicitation());
    world.answers.push(action);
    return text(action);
  });

  // Fails until the user is connected.
  mcp.registerTool("need", {}, async () => {
    if (world.connected.has("1")) return text("connected");
    throw new UrlElicitationRequiredError([elicitation()]);
  });

  mcp.registerTool("form", {}, async () => {
    const requestedSchema = {
      type: /** @type {const} */ ("object"),
      properties: { name: { type: /** @type {const} */ ("string") } },
    };
    // Bypasses the SDK's check of the client's capabilities.
    const params = { message: "Who are you?", requestedSchema };
    const { ElicitResultSchema } = await import("@modelcontextprotocol/sdk/types.js");
    const { content } = await server.request({ method: "elicitation/create", params }, ElicitResultSchema);
    return text(JSON.stringify(content));
  });

  // Reports the completion of an unknown elicitation.
  mcp.registerTool("complete_others", {}, async () => {
    await server.createElicitationCompletionNotifier("unknown")();
    return text("told");
  });
  return mcp;
}

/**
 * MCP 2026-07-28, without sessions.
 *
 * @param {import("./world.mjs").World} world
 */
export function serverOfSdk2(world) {
  const handler = createMcpHandler(() => {
    const mcp = new McpServer({ name: "elicits", version: "1.0.0" });
    mcp.registerTool("ask", {}, (/** @type {any} */ context) => {
      const { inputResponses, envelope } = context.mcpReq;
      world.declared.push(envelope?.["io.modelcontextprotocol/clientCapabilities"]);
      const answer = /** @type {{ action: string } | undefined} */ (inputResponses?.connect);
      if (answer) world.answers.push(answer.action);
      if (answer && answer.action !== "accept") return text(answer.action);
      if (world.connected.has("1")) return text("connected");
      const { message } = world;
      return inputRequired({
        inputRequests: { connect: inputRequired.elicitUrl({ url: world.urlFor("1"), message }) },
      });
    });
    return mcp;
  });
  return toNodeHandler(handler);
}
