// The face of the steps: puts the arguments into one object, and Rust does the rest. It decides nothing.
import { fail } from "./error.js";
import { loadSteps } from "./steps-loading.js";
import * as core from "./wasm/steps.js";

export { McpAuthorizeError } from "./error.js";

/** @typedef {typeof import("./steps.js")} Steps */

/** Converts URL objects to texts. @param {object | undefined} given */
const plain = (given) =>
  Object.fromEntries(
    Object.entries(given ?? {}).map(([name, value]) => [name, value instanceof URL ? value.href : value]),
  );

/**
 * @param {(given: object) => Promise<any>} step
 * @param {object} [given]
 */
async function take(step, given) {
  await loadSteps();
  return step(plain(given)).catch(fail);
}

/** @type {Steps["discover"]} */
export const discover = (server, options) => take(core.discover, { ...options, server });

/** @type {Steps["register"]} */
export const register = (authorizationServer, client, options) =>
  take(core.register, { ...options, ...client, authorizationServer });

/** @type {Steps["clientMetadataDocument"]} */
export const clientMetadataDocument = (client) => take(core.clientMetadataDocument, client);

/** @type {Steps["checkClientMetadataDocument"]} */
export const checkClientMetadataDocument = (url, options) =>
  take(core.checkClientMetadataDocument, { ...options, url });

/** @type {Steps["createPkce"]} */
export const createPkce = () => take(core.createPkce);

/** @type {Steps["beginAuthorization"]} */
export const beginAuthorization = (request) => take(core.beginAuthorization, request);

/** @type {Steps["finishAuthorization"]} */
export const finishAuthorization = (pending, callbackUrl, options) =>
  take(core.finishAuthorization, { ...options, pending, callbackUrl });

/** @type {Steps["deviceAuthorization"]} */
export const deviceAuthorization = (request) => take(core.deviceAuthorization, request);

/** @type {Steps["finishDeviceAuthorization"]} */
export const finishDeviceAuthorization = (pending, options) =>
  take(core.finishDeviceAuthorization, { ...options, pending });

/** @type {Steps["clientCredentials"]} */
export const clientCredentials = (request) => take(core.clientCredentials, request);

/** @type {Steps["exchangeToken"]} */
export const exchangeToken = (request) => take(core.exchangeToken, request);

/** @type {Steps["jwtBearer"]} */
export const jwtBearer = (request) => take(core.jwtBearer, request);

/** @type {Steps["refresh"]} */
export const refresh = (tokens, options) => take(core.refresh, { ...options, tokens });

/** @type {Steps["revoke"]} */
export const revoke = (tokens, options) => take(core.revoke, { ...options, tokens });

/** @type {Steps["parseChallenge"]} */
export const parseChallenge = (header) => take(core.parseChallenge, { header });

/** @type {Steps["selectResource"]} */
export const selectResource = (server, metadata) => take(core.selectResource, { server, metadata });

/** @type {Steps["scopesForStepUp"]} */
export const scopesForStepUp = (scopes, header) => take(core.scopesForStepUp, { scopes, header });

/** @type {Steps["createDpopKey"]} */
export const createDpopKey = (options) => take(core.createDpopKey, options);

/** @type {Steps["dpopProof"]} */
export const dpopProof = ({ key, ...request }) => take(core.dpopProof, { ...request, dpopKey: key });
