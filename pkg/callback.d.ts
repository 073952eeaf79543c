/**
 * Import this in the page at `redirectUri`: `import "mcp-authorize/callback"`. It passes the authorization response to the page that
 * opened the popup, and closes the popup. After a redirect it returns to the page that the user left. It needs no WebAssembly.
 */
export {};
