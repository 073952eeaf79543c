/**
 * `import "mcp-authorize/element"` defines `<mcp-sign-in>`: a button that signs the user in to an MCP server, cancels
 * that, and signs them out.
 *
 * ```html
 * <mcp-sign-in server="https://mcp.example.com/mcp" client-name="Acme Agent" redirect-uri="/callback.html"></mcp-sign-in>
 * ```
 *
 * Attributes: `server`; `account`, which of the user's accounts there; `client-name` and `redirect-uri` as in
 * `McpAuthorizer.create`, which are not needed where the property `authorizer` is set. The element follows each change, at
 * the end of the script that makes it. `status` and `waiting` are set by the element: copies of the properties, for style
 * sheets.
 *
 * Slots for other words on the buttons: `sign-in`, `cancel`, `sign-out`, and `again`, where the window may have been
 * closed. Slots for what is said beside them: `loading`, `signed-out`, `signing-in`, `waiting`, `signed-in`, `error`. Parts:
 * `button`, `again`, `message`. Custom properties: `--mcp-sign-in-color`, `-background`, `-border`, `-radius`, `-padding`,
 * `-focus`.
 *
 * @packageDocumentation
 */
import type { McpSession } from "./index.js";
import type { McpAuthorizerSource, McpSessionError, McpSessionState } from "./watch.js";

/** The element. */
export class McpSignInElement extends HTMLElement {
  /** The MCP server's URL. */
  server: string;
  /** Which of the user's accounts there; `null` for the one without a name. */
  account: string | null;
  /** The app's name, as the user reads it when they consent. */
  clientName: string | null;
  /** The page that imports `mcp-authorize/callback`. */
  redirectUri: string | null;
  /** Used in place of one that is made from the attributes, for all other options. */
  authorizer: McpAuthorizerSource | undefined;
  readonly status: McpSessionState["status"];
  /** Whether the window of the sign-in can't be watched any more, or was closed. The element then offers to open it again. */
  readonly waiting: boolean;
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
