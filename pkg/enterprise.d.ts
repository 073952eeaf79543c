/**
 * Enterprise-managed authorization (SEP-990): the main entry, with a WebAssembly module that can sign users in at an
 * organisation's identity provider, too ({@link McpEnterpriseGrant}). Import it instead of `mcp-authorize`. Where a page
 * imports both, authorizers that are created from then on have it.
 *
 * @module
 */
export * from "./index.js";
