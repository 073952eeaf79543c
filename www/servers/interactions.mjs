// Login and consent at the demo's authorization server, which oidc-provider leaves to its operator. The login accepts any name:
// only for demos and tests, never for the open internet.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { consentPage, errorPage, loginPage, STYLE_PATH } from "./sign-in-pages.mjs";

const STYLES = ["../base.css", "./sign-in.css"];
const PATH = /^\/interaction\/[\w-]+$/;
const LONGEST_NAME = 100;

/**
 * Handles the requests for these pages, and leaves all others alone.
 *
 * @param {import("oidc-provider").default} provider
 * @returns {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => Promise<boolean>}
 *   whether the request was for one of them
 */
export function interactions(provider) {
  return async (request, response) => {
    const path = request.url.split("?")[0];
    if (path === STYLE_PATH && request.method === "GET") {
      await sendStyle(response);
      return true;
    }
    if (!PATH.test(path)) return false;
    try {
      await (request.method === "POST" ? submit : show)(provider, request, response);
    } catch (error) {
      // oidc-provider refuses some requests, for example from a page that was open for too long. Any other error is a defect.
      const status = error.statusCode ?? 500;
      const { error: code, description } = error.expose ? reason(error) : { error: "server_error" };
      end(response, errorPage({ error: code, description }), status);
    }
    return true;
  };
}

/**
 * Sends the pages' style sheet.
 *
 * @param {import("node:http").ServerResponse} response
 */
export async function sendStyle(response) {
  response.setHeader("Content-Type", "text/css; charset=utf-8");
  for (const file of STYLES) response.write(await readFile(new URL(file, import.meta.url)));
  response.end();
}

const reason = ({ name, message: error, error_description: description }) => ({
  error,
  description: name === "SessionNotFound" ? "This sign-in is over, or was started in another browser." : description,
});

function end(response, html, status = 200) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
  response.end(html);
}

async function show(provider, request, response, typed = {}) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  const client = await provider.Client.find(params.client_id);
  const returnsTo = params.redirect_uri && originOf(params.redirect_uri);
  if (prompt.name === "login") {
    return end(
      response,
      loginPage({ client, returnsTo, name: params.login_hint, ...typed }),
      typed.problem ? 400 : 200,
    );
  }
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;
  const scopes = [...new Set([...Object.values(missingResourceScopes).flat(), ...missingOIDCScope])];
  const resources = Object.keys(missingResourceScopes);
  end(response, consentPage({ client, returnsTo, user: session.accountId, resources, scopes }));
}

/** A private-use scheme has no origin. */
function originOf(redirectUri) {
  const { origin, protocol } = new URL(redirectUri);
  return origin === "null" ? protocol : origin;
}

async function submit(provider, request, response) {
  const form = new URLSearchParams(await text(request));
  const details = await provider.interactionDetails(request, response);
  const finish = (result, options) => provider.interactionFinished(request, response, result, options);
  if (form.get("decision") === "cancel") {
    const declined = { error: "access_denied", error_description: "The user declined." };
    return finish(declined, { mergeWithLastSubmission: false });
  }
  if (details.prompt.name === "login") {
    const name = form.get("login")?.trim() ?? "";
    if (name === "" || name.length > LONGEST_NAME) {
      const problem = name === "" ? "Type a user name." : `A user name has at most ${LONGEST_NAME} characters.`;
      return show(provider, request, response, { name, problem });
    }
    return finish({ login: { accountId: name } }, { mergeWithLastSubmission: false });
  }
  return finish({ consent: { grantId: await grant(provider, details) } }, { mergeWithLastSubmission: true });
}

/** Grants what is missing, in addition to what was granted before. */
async function grant(provider, { prompt, grantId, session, params }) {
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes = {} } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missingResourceScopes))
    grant.addResourceScope(resource, scopes.join(" "));
  return grant.save();
}
