/**
 * URL mode elicitation for the official SDK's client: an MCP server asks the user to open a page, for what must not pass
 * through the client, such as an API key, a payment, or a sign-in at a third party (MCP 2026-07-28 and 2025-11-25,
 * client/elicitation).
 *
 * @packageDocumentation
 */
import type { McpAuthorizeError, McpAuthorizer, McpUrlDialogOptions, WaitOptions } from "./index.js";

/** What a server asks for: the parameters of `elicitation/create` in URL mode. */
export interface McpElicitParams {
  mode: "url";
  message: string;
  url: string;
  /** MCP 2025-11-25 alone. */
  elicitationId?: string;
}

/** The parameters of `elicitation/create` in form mode. */
export interface McpFormParams {
  mode?: "form";
  message: string;
  requestedSchema: Record<string, unknown>;
}

/** What the server is answered. */
export interface McpElicitResult {
  action: "accept" | "decline" | "cancel";
  content?: Record<string, string | number | boolean | string[]>;
  [member: string]: unknown;
}

/** Options of {@link handleUrlElicitation}. */
export type HandleUrlElicitationOptions = McpUrlDialogOptions & {
  /** The URL of the server that the client is connected to. The user is shown it. */
  server: string | URL;
  /** Answers requests in form mode. Without it, form mode is not declared, and servers may not ask so. */
  form?(params: McpFormParams): McpElicitResult | Promise<McpElicitResult>;
  /**
   * Called where a request is answered without the user: `insecure_url` or `invalid_response` for a URL that is not opened
   * (answer: `decline`); `popup_blocked`, `popup_open` and others (answer: `cancel`).
   */
  onError?(error: McpAuthorizeError): void;
};

/** The members of version 2's `Client` that are used. */
export interface McpElicitingClient {
  registerCapabilities(capabilities: { elicitation: { url: {}; form?: {} } }): void;
  setRequestHandler(method: "elicitation/create", handler: (request: any, context: any) => Promise<any>): void;
  setNotificationHandler(
    method: "notifications/elicitation/complete",
    handler: (notification: any) => void | Promise<void>,
  ): void;
}

/** The members of version 1's `Client` that are used. */
export interface McpElicitingClientOfSdk1 {
  registerCapabilities(capabilities: { elicitation: { url: {}; form?: {} } }): void;
  setRequestHandler(schema: object, handler: (request: any, context: any) => Promise<any>): void;
  setNotificationHandler(schema: object, handler: (notification: any) => void | Promise<void>): void;
  /** Version 2 has it. */
  setVersionNegotiation?: undefined;
}

/** Version 1 takes a schema in place of a method's name. Both are in `@modelcontextprotocol/sdk/types.js`. */
export interface McpElicitationSchemas {
  ElicitRequestSchema: object;
  ElicitationCompleteNotificationSchema: object;
}

/** For calls that a server refuses until the user has been at a URL. */
export interface McpUrlElicitation {
  /**
   * Makes a call. If the server refuses it with `URLElicitationRequiredError` (-32042, MCP 2025-11-25), asks the user to
   * open each URL in it, waits until they are done, and makes the call again, three times at most. If the user does not
   * agree, it rejects with the server's error.
   *
   * @throws McpAuthorizeError as {@link McpAuthorizer.openUrl}; and whatever `call` throws.
   */
  retry<Result>(call: () => Promise<Result>, options?: WaitOptions): Promise<Result>;
}

/**
 * Has a client answer requests for URL mode elicitation by {@link McpAuthorizer.openUrl}, and declares that it can. Call it
 * before `client.connect`.
 *
 * With MCP 2026-07-28 the server is answered when the user is done, and the SDK then sends the call again. With 2025-11-25
 * it is answered as soon as the page is open, and the dialog goes when the server's notification says that it is done. If
 * a server asks again for a URL that is open, the user is not asked twice. Three URLs of a server are open or wait at most;
 * a request for a fourth is answered with `cancel`.
 *
 * @param client A `Client` of `@modelcontextprotocol/client`.
 */
export function handleUrlElicitation(
  client: McpElicitingClient,
  authorizer: Pick<McpAuthorizer, "openUrl">,
  options: HandleUrlElicitationOptions & { schemas?: undefined },
): McpUrlElicitation;
/**
 * The same for version 1 of the SDK.
 *
 * @param client A `Client` of `@modelcontextprotocol/sdk`.
 */
export function handleUrlElicitation(
  client: McpElicitingClientOfSdk1,
  authorizer: Pick<McpAuthorizer, "openUrl">,
  options: HandleUrlElicitationOptions & { schemas: McpElicitationSchemas },
): McpUrlElicitation;
