/**
 * Import it in the page at `redirectUri`: `import "mcp-authorize/callback"`. It hands the authorization
 * response to the page that opened the popup and closes the popup, or goes back to the page that was left. Needs no WebAssembly.
 */
export {};
