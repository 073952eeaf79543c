/**
 * `import "mcp-authorize/element"` defines `<mcp-sign-in>`: a button that signs the user in to an MCP server, cancels
 * that, and signs them out.
 *
 * ```html
 * <mcp-sign-in server="https://mcp.example.com/mcp" client-name="Acme Agent" redirect-uri="/callback.html"></mcp-sign-in>
 * ```
 *
 * Attributes: `server`; `client-name` and `redirect-uri` as in `McpAuthorizer.create`, which are not needed where the
 * property `authorizer` is set. `status` is set by the element: a copy of the property, for style sheets.
 *
 * Slots for other words: `sign-in`, `cancel`, `sign-out`. Parts: `button`, `message`. Custom properties:
 * `--mcp-sign-in-color`, `-background`, `-border`, `-radius`, `-padding`, `-focus`.
 *
 * @packageDocumentation
 */
import type { McpSession } from "./index.js";
import type { McpAuthorizerSource, McpSessionError, McpSessionState } from "./watch.js";

/** The element. */
export class McpSignInElement extends HTMLElement {
  /** The MCP server's URL. */
  server: string;
  /** Used in place of one that is made from the attributes, for all other options. */
  authorizer: McpAuthorizerSource | undefined;
  readonly status: McpSessionState["status"];
  /** What went wrong last. The element shows it, unless it was the user's own will. */
  readonly error: McpSessionError | null;
  /** `null` where nobody is signed in. */
  readonly session: McpSession | null;
}

/** `mcp-session-change`: something changed. Bubbles. */
export type McpSessionChangeEvent = CustomEvent<McpSessionState>;

declare global {
  interface HTMLElementTagNameMap {
    "mcp-sign-in": McpSignInElement;
  }
  interface HTMLElementEventMap {
    "mcp-session-change": McpSessionChangeEvent;
  }
}
