/**
 * URL mode elicitation for the official SDK's client (MCP 2026-07-28 and 2025-11-25, client/elicitation). An MCP server asks the user to
 * open a page for something that must not pass through the client, such as an API key, a payment, or a sign-in at a third party.
 *
 * @packageDocumentation
 */
import type { McpAuthorizeError, McpAuthorizer, McpUrlDialogOptions, WaitOptions } from "./index.js";

/** The parameters of `elicitation/create` in URL mode. */
export interface McpElicitParams {
  mode: "url";
  message: string;
  url: string;
  /** Only in MCP 2025-11-25. */
  elicitationId?: string;
}

/** The parameters of `elicitation/create` in form mode. */
export interface McpFormParams {
  mode?: "form";
  message: string;
  requestedSchema: Record<string, unknown>;
}

/** The answer to the server. */
export interface McpElicitResult {
  action: "accept" | "decline" | "cancel";
  content?: Record<string, string | number | boolean | string[]>;
  [member: string]: unknown;
}

/** Options of {@link handleUrlElicitation}. */
export type HandleUrlElicitationOptions = McpUrlDialogOptions & {
  /** The URL of the server that the client is connected to. The dialog shows it. */
  server: string | URL;
  /** Answers requests in form mode. Without it, form mode is not declared, and servers may not use it. */
  form?(params: McpFormParams): McpElicitResult | Promise<McpElicitResult>;
  /**
   * Called if a request is answered without asking the user: `insecure_url` or `invalid_response` for a URL that is refused (answer:
   * `decline`); `popup_blocked`, `popup_open` and others (answer: `cancel`).
   */
  onError?(error: McpAuthorizeError): void;
};

/** The members of version 2's `Client` that this module uses. */
export interface McpElicitingClient {
  registerCapabilities(capabilities: { elicitation: { url: {}; form?: {} } }): void;
  setRequestHandler(method: "elicitation/create", handler: (request: any, context: any) => Promise<any>): void;
  setNotificationHandler(
    method: "notifications/elicitation/complete",
    handler: (notification: any) => void | Promise<void>,
  ): void;
}

/** The members of version 1's `Client` that this module uses. */
export interface McpElicitingClientOfSdk1 {
  registerCapabilities(capabilities: { elicitation: { url: {}; form?: {} } }): void;
  setRequestHandler(schema: object, handler: (request: any, context: any) => Promise<any>): void;
  setNotificationHandler(schema: object, handler: (notification: any) => void | Promise<void>): void;
  /** Only version 2 has it. */
  setVersionNegotiation?: undefined;
}

/** Version 1 takes schemas instead of method names. Both are exported by `@modelcontextprotocol/sdk/types.js`. */
export interface McpElicitationSchemas {
  ElicitRequestSchema: object;
  ElicitationCompleteNotificationSchema: object;
}

/** For calls that a server refuses until the user has visited a URL. */
export interface McpUrlElicitation {
  /**
   * Makes a call. If the server refuses it with `URLElicitationRequiredError` (-32042, MCP 2025-11-25), asks the user to open each URL in
   * the error, waits until they are done, and repeats the call, at most three times. If the user does not agree, it rejects with the
   * server's error.
   *
   * @throws McpAuthorizeError like {@link McpAuthorizer.openUrl}, and whatever `call` throws.
   */
  retry<Result>(call: () => Promise<Result>, options?: WaitOptions): Promise<Result>;
}

/**
 * Makes a client answer requests for URL mode elicitation with {@link McpAuthorizer.openUrl}, and declares that capability. Call it before
 * `client.connect`.
 *
 * With MCP 2026-07-28, the server gets its answer when the user is done, and the SDK then repeats the call. With 2025-11-25, it gets its
 * answer as soon as the page is open, and the dialog closes when the server's notification says that it is done. If a server asks again
 * for a URL that is open, the user is not asked twice. At most three URLs of a server are open or waiting; a request for a fourth is
 * answered with `cancel`.
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
