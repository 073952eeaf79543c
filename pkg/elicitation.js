// URL mode elicitation (MCP client/elicitation) for the official SDK's client, versions 1 and 2.

/** @import { HandleUrlElicitationOptions, McpElicitParams, McpElicitResult } from "./elicitation.js" */
/** @import { McpAuthorizer, McpUrlOutcome, WaitOptions } from "./index.js" */

/** `URLElicitationRequiredError` of MCP 2025-11-25. */
const URL_ELICITATION_REQUIRED = -32042;
/** How often a call is sent again: a server that asks without end would keep the user busy. */
const MOST_RETRIES = 3;
/** How many of a server's URLs are open or wait at a time (MCP 2025-11-25: "Clients SHOULD implement rate limiting"). */
const MOST_AT_ONCE = 3;

/**
 * Only the server knows whether a user who says that they are done really is.
 *
 * @type {Record<McpUrlOutcome, McpElicitResult["action"]>}
 */
const ACTIONS = { completed: "accept", closed: "accept", declined: "decline", cancelled: "cancel" };
/** The server's URL is at fault: nobody was asked. */
const REFUSED = ["insecure_url", "invalid_response"];

/**
 * @param {any} client
 * @param {McpAuthorizer} authorizer
 * @param {HandleUrlElicitationOptions & { schemas?: any }} options
 */
export function handleUrlElicitation(client, authorizer, options) {
  const { server, form, onError, schemas, ...dialog } = options;
  /**
   * What is open or waits, by its URL.
   *
   * @type {Map<string, { outcome: Promise<McpUrlOutcome>, complete: () => void }>}
   */
  const current = new Map();
  /**
   * What a notification ends, by the ID in it. Those of other IDs are ignored.
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
    // The user is not asked twice about a page that is open: the server only wants to know whether they are done.
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
        // MCP 2025-11-25: the answer says that the user has agreed, and a notification that they are done. Since then there
        // is no notification, and the answer has the server look.
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
 * What a call needs before it is sent again, where its error says so as it should.
 *
 * @param {any} error
 * @returns {McpElicitParams[] | undefined}
 */
function requiredUrls(error) {
  const required = error?.code === URL_ELICITATION_REQUIRED && error.data?.elicitations;
  const isUrl = (/** @type {any} */ params) => typeof params?.url === "string" && typeof params.message === "string";
  return Array.isArray(required) && required.length > 0 && required.every(isUrl) ? required : undefined;
}
