// URL mode elicitation (MCP client/elicitation) for the official SDK's client, versions 1 and 2.

/** @import { HandleUrlElicitationOptions, McpElicitParams, McpElicitResult } from "./elicitation.js" */
/** @import { McpAuthorizer, McpUrlOutcome, WaitOptions } from "./index.js" */

/** `URLElicitationRequiredError` of MCP 2025-11-25. */
const URL_ELICITATION_REQUIRED = -32042;
/** How often a call is sent again, so that a server can't ask the user forever. */
const MOST_RETRIES = 3;
/** How many of a server's URLs can be open or waiting at a time (MCP 2025-11-25: "Clients SHOULD implement rate limiting"). */
const MOST_AT_ONCE = 3;

/**
 * Only the server knows whether the user has really finished.
 *
 * @type {Record<McpUrlOutcome, McpElicitResult["action"]>}
 */
const ACTIONS = { completed: "accept", closed: "accept", declined: "decline", cancelled: "cancel" };
/** The server's URL is invalid, and the user was not asked. */
const REFUSED = ["insecure_url", "invalid_response"];

/**
 * @param {any} client
 * @param {McpAuthorizer} authorizer
 * @param {HandleUrlElicitationOptions & { schemas?: any }} options
 */
export function handleUrlElicitation(client, authorizer, options) {
  const { server, form, onError, schemas, ...dialog } = options;
  /**
   * The requests that are open or waiting, by URL.
   *
   * @type {Map<string, { outcome: Promise<McpUrlOutcome>, complete: () => void }>}
   */
  const current = new Map();
  /**
   * Called by a notification, by its ID. Notifications with other IDs are ignored.
   *
   * @type {Map<string, () => void>}
   */
  const completing = new Map();

  /**
   * @param {McpElicitParams} params
   * @param {AbortSignal} [signal]
   * @param {() => void} [onOpen]
   * @returns {Promise<McpUrlOutcome>}
   */
  async function open({ url, message, elicitationId }, signal, onOpen) {
    let entry = current.get(url);
    if (!entry) {
      if (current.size >= MOST_AT_ONCE) return "cancelled";
      let complete = () => {};
      const completed = new Promise((done) => (complete = () => done(undefined)));
      const outcome = authorizer.openUrl(url, { ...dialog, server, message, completed, onOpen, signal });
      entry = { outcome, complete };
      current.set(url, entry);
    }
    // The user is not asked again about an open page: the server only wants to know whether they have finished.
    if (elicitationId) completing.set(elicitationId, entry.complete);
    try {
      return await entry.outcome;
    } finally {
      current.delete(url);
      if (elicitationId) completing.delete(elicitationId);
    }
  }

  /**
   * @param {{ params: any }} request
   * @param {{ signal?: AbortSignal, mcpReq?: { signal: AbortSignal } }} context
   * @returns {Promise<McpElicitResult>}
   */
  async function handle({ params }, context) {
    if (params.mode !== "url") return form ? form(params) : { action: "cancel" };
    try {
      const action = await new Promise((resolve, reject) => {
        // MCP 2025-11-25: the response says that the user has agreed, and a notification says that they have finished. Later
        // revisions have no notification, and the server checks after the response.
        const onOpen = params.elicitationId ? () => resolve("accept") : undefined;
        const outcome = open(params, context?.signal ?? context?.mcpReq?.signal, onOpen);
        outcome.then((outcome) => resolve(ACTIONS[outcome])).catch(reject);
      });
      return { action };
    } catch (/** @type {any} */ error) {
      if (error.code === "aborted") throw error;
      onError?.(error);
      return { action: REFUSED.includes(error.code) ? "decline" : "cancel" };
    }
  }

  client.registerCapabilities({ elicitation: { url: {}, ...(form && { form: {} }) } });
  client.setRequestHandler(schemas?.ElicitRequestSchema ?? "elicitation/create", handle);
  client.setNotificationHandler(
    schemas?.ElicitationCompleteNotificationSchema ?? "notifications/elicitation/complete",
    (/** @type {any} */ { params }) => completing.get(params.elicitationId)?.(),
  );

  return {
    /**
     * @template Result
     * @param {() => Promise<Result>} call
     * @param {WaitOptions} [options]
     * @returns {Promise<Result>}
     */
    async retry(call, { signal } = {}) {
      for (let retries = 0; ; retries += 1) {
        try {
          return await call();
        } catch (/** @type {any} */ error) {
          const required = requiredUrls(error);
          if (!required || retries === MOST_RETRIES) throw error;
          for (const params of required) {
            if (ACTIONS[await open(params, signal)] !== "accept") throw error;
          }
        }
      }
    },
  };
}

/**
 * The elicitations that a call needs before it is sent again, if its error has them in valid form.
 *
 * @param {any} error
 * @returns {McpElicitParams[] | undefined}
 */
function requiredUrls(error) {
  const required = error?.code === URL_ELICITATION_REQUIRED && error.data?.elicitations;
  const isUrl = (/** @type {any} */ params) => typeof params?.url === "string" && typeof params.message === "string";
  return Array.isArray(required) && required.length > 0 && required.every(isUrl) ? required : undefined;
}
