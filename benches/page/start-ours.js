import { McpAuthorizer } from "mcp-authorize";

const authorizer = await McpAuthorizer.create({ clientName: "Benchmark", redirectUri: "/callback.html" });
globalThis.signIn = (url) => authorizer.signIn(url);
globalThis.ready = performance.now();
