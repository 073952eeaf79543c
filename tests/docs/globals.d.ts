// What the documentation's code takes for granted.

import type { McpAuthorizer, McpSession } from "mcp-authorize";

declare global {
  const authorizer: McpAuthorizer;
  const session: McpSession;
  const button: HTMLButtonElement;
  const url: string;
  function show(...texts: (string | undefined)[]): void;
  function openBrowserAndWaitForRedirect(url: string): Promise<string>;
  function readWorkloadToken(audience: string): Promise<string>;
}
