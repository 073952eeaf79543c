/** The scopes of the demo's MCP server, and what they let an app do, in words that follow "may". */
export const SCOPE_WORDS = {
  "mcp:read": "read your notes",
  "mcp:write": "write notes",
};

/** Reading comes with the first sign-in; writing is asked for when a tool needs it. */
export const SCOPES = Object.keys(SCOPE_WORDS);
