// Globals that the documentation's code assumes.

import type { McpAuthorizer, McpSession } from "mcp-authorize";

declare global {
  const authorizer: McpAuthorizer;
  const session: McpSession;
  const button: HTMLButtonElement;
  const clientSecret: string;
  const link: HTMLAnchorElement;
  const url: string;
  const process: { env: Record<string, string | undefined> };
  function show(...texts: (string | undefined)[]): void;
  function openBrowserAndWaitForRedirect(url: string): Promise<string>;
  function askUser(question: string): Promise<string | undefined>;
  function readWorkloadToken(audience: string): Promise<string>;
}
