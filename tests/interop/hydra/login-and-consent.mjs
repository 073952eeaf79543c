// The login and consent app, which Ory Hydra leaves to its operator. It uses Hydra's admin API
// (https://www.ory.sh/docs/oauth2-oidc/custom-login-consent/flow). It accepts any name: only for tests.

import { text } from "node:stream/consumers";
import { sendStyle } from "../../../www/servers/interactions.mjs";
import { consentPage, errorPage, loginPage, POLICY, STYLE_PATH } from "../../../www/servers/sign-in-pages.mjs";

const REMEMBERED = { remember: true, remember_for: 3600 };

/**
 * @param {object} options
 * @param {string} options.adminUrl
 * @param {(request: any) => string[]} options.audienceOf the MCP servers of a consent request
 * @param {(request: any) => Promise<object>} options.acceptance the body that accepts it
 * @returns {import("node:http").RequestListener}
 */
export function loginAndConsent({ adminUrl, audienceOf, acceptance }) {
  /** `kind` is "login" or "consent". Without a decision, returns the request that the user must decide about. */
  async function ask(kind, challenge, decision, body) {
    const path = `/admin/oauth2/auth/requests/${kind}${decision ? `/${decision}` : ""}`;
    const url = new URL(`${path}?${new URLSearchParams({ [`${kind}_challenge`]: challenge })}`, adminUrl);
    const response = await fetch(url, {
      method: decision ? "PUT" : "GET",
      headers: { "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error_description ?? `Hydra answered ${response.status}`);
    return answer;
  }

  const client = (details) => ({ clientName: details.client.client_name, clientId: details.client.client_id });
  const returnsTo = (details) => new URL(new URL(details.request_url).searchParams.get("redirect_uri")).origin;
  const pages = {
    login: (details) => loginPage({ client: client(details), returnsTo: returnsTo(details) }),
    consent: (details) =>
      consentPage({
        client: client(details),
        returnsTo: returnsTo(details),
        user: details.subject,
        resources: audienceOf(details),
        scopes: details.requested_scope,
      }),
  };
  const accepted = {
    login: (details, form) => ({ subject: details.subject || form.get("login"), ...REMEMBERED }),
    consent: async (details) => ({ ...(await acceptance(details)), ...REMEMBERED }),
  };

  async function answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === STYLE_PATH) return await sendStyle(response);
    const kind = pathname.slice(1);
    const challenge = searchParams.get(`${kind}_challenge`);
    // Errors that Hydra must not send to the app.
    if (kind === "error") {
      const [error, description] = ["error", "error_description"].map((name) => searchParams.get(name) ?? undefined);
      return page(400, errorPage({ error, description }));
    }
    if (!pages[kind]) return page(404, errorPage({ error: "not_found" }));
    const details = await ask(kind, challenge);
    const form = request.method === "POST" ? new URLSearchParams(await text(request)) : undefined;
    // `skip`: the user is already signed in, or has already allowed this.
    if (!form && !details.skip) return page(200, pages[kind](details));
    const declined = form?.get("decision") === "cancel";
    const { redirect_to: location } = declined
      ? await ask(kind, challenge, "reject", { error: "access_denied", error_description: "The user declined." })
      : await ask(kind, challenge, "accept", await accepted[kind](details, form));
    response.writeHead(303, { Location: location });
    response.end();

    function page(status, html) {
      const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY };
      response.writeHead(status, { ...headers, "Cache-Control": "no-store" });
      response.end(html);
    }
  }

  return (request, response) =>
    void answer(request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end("The login and consent app has failed.");
    });
}
