import "mcp-authorize/callback";
