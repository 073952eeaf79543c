/** The scopes of the demo's MCP server, and what they allow, in words that follow "able to". */
export const SCOPE_WORDS = {
  "mcp:read": "read your notes",
  "mcp:write": "write notes",
};

/** The first sign-in asks for the first one. The other one is asked for when a tool needs it. */
export const SCOPES = Object.keys(SCOPE_WORDS);
