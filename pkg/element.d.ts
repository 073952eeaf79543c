/**
 * `import "mcp-authorize/element"` defines `<mcp-sign-in>`: a button that signs the user in to an MCP server, cancels the sign-in, and
 * signs them out.
 *
 * ```html
 * <mcp-sign-in server="https://mcp.example.com/mcp" client-name="Acme Agent" redirect-uri="/callback.html"></mcp-sign-in>
 * ```
 *
 * Attributes: `server`; `account`, one of the user's accounts at the server; `client-name` and `redirect-uri` as in
 * `McpAuthorizer.create`. The last two are not needed if the property `authorizer` is set. The element applies changes at the end of the
 * script that makes them. The element itself sets `status` and `waiting`: copies of the properties, for style sheets.
 *
 * Slots for the buttons' labels: `sign-in`, `cancel`, `sign-out` and `again` (shown if the window may have been closed). Slots for the
 * messages beside them: `loading`, `signed-out`, `signing-in`, `waiting`, `signed-in`, `error`. Parts: `button`, `again`, `message`. Custom
 * properties: `--mcp-sign-in-color`, `-background`, `-border`, `-radius`, `-padding`, `-focus`.
 *
 * @packageDocumentation
 */
import type { McpSession } from "./index.js";
import type { McpAuthorizerSource, McpSessionError, McpSessionState } from "./watch.js";

/** The element. */
export class McpSignInElement extends HTMLElement {
  /** The MCP server's URL. */
  server: string;
  /** Which of the user's accounts at the server. `null` for the account without a name. */
  account: string | null;
  /** The app's name, shown to users on the consent page. */
  clientName: string | null;
  /** The page that imports `mcp-authorize/callback`. */
  redirectUri: string | null;
  /** Used instead of an authorizer made from the attributes. Needed for all other options. */
  authorizer: McpAuthorizerSource | undefined;
  readonly status: McpSessionState["status"];
  /** Whether the sign-in window can no longer be watched, or was closed. The element then offers to open it again. */
  readonly waiting: boolean;
  /** The last error. The element shows it, unless the user cancelled. */
  readonly error: McpSessionError | null;
  /** `null` if nobody is signed in. */
  readonly session: McpSession | null;
}

/** The event `mcp-session-change`: the state has changed. It bubbles. */
export type McpSessionChangeEvent = CustomEvent<McpSessionState>;

declare global {
  interface HTMLElementTagNameMap {
    "mcp-sign-in": McpSignInElement;
  }
  interface HTMLElementEventMap {
    "mcp-session-change": McpSessionChangeEvent;
  }
}
