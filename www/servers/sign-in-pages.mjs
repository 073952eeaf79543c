// The pages of the demo's authorization server. They have no script, and accept any name and password.

import { SCOPE_WORDS } from "./scopes.mjs";

/** The path of their style sheet. */
export const STYLE_PATH = "/sign-in.css";

/** Their Content-Security-Policy allows only the style sheet. `form-action` would also block the redirect to the app. */
export const POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Scopes of OpenID Connect (OpenID Connect Core §5.4, §11), in words that follow "able to". */
const OPENID_WORDS = { openid: "know your user name", offline_access: "stay signed in while you are away" };

class Html {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text ?? "").replace(/[&<>"']/g, (character) => ESCAPED[character]);
const safe = (value) =>
  Array.isArray(value) ? value.map(safe).join("") : value instanceof Html ? value.text : escape(value);

/** A template that escapes its values, unless they are templates themselves. */
const html = (strings, ...values) =>
  new Html(strings.map((string, index) => string + (index < values.length ? safe(values[index]) : "")).join(""));

const page = (title, body) =>
  String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} – demo authorization server</title>
          <link rel="stylesheet" href="${STYLE_PATH}" />
        </head>
        <body>
          <main>
            <p class="who">Demo authorization server</p>
            <h1>${title}</h1>
            ${body}
          </main>
        </body>
      </html> `,
  );

/**
 * Anybody can register with any name (RFC 7591 §5), so the page also shows where the user will be sent back to.
 *
 * @param {{ clientName?: string, clientId: string }} client
 * @param {string} [returnsTo]
 */
const app = ({ clientName, clientId }, returnsTo) =>
  html`<strong>${clientName || clientId}</strong>${returnsTo ? html` at <code>${returnsTo}</code>` : ""}`;

const buttons = (go, no) =>
  html`<div class="buttons">
    <button class="primary" name="decision" value="go">${go}</button>
    <button name="decision" value="cancel" formnovalidate>${no}</button>
  </div>`;

/**
 * @param {object} options
 * @param {{ clientName?: string, clientId: string }} options.client
 * @param {string} [options.returnsTo] the app's origin, if it has one
 * @param {string} [options.name] the expected user name (`login_hint`), or what the user typed
 * @param {string} [options.problem] what is wrong with the input
 */
export const loginPage = ({ client, returnsTo, name = "", problem }) =>
  page(
    "Sign in",
    html`<p>to continue to ${app(client, returnsTo)}</p>
      ${problem ? html`<p id="problem" class="problem" role="alert">${problem}</p>` : ""}
      <form method="post" autocomplete="off">
        <div>
          <label for="name">User name</label>
          <input
            id="name"
            name="login"
            value="${name}"
            required
            autofocus
            autocapitalize="off"
            spellcheck="false"
            autocomplete="username"
            ${problem ? html` aria-invalid="true" aria-describedby="problem"` : ""}
          />
        </div>
        <div>
          <label for="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            required
            autocomplete="current-password"
            aria-describedby="hint"
          />
        </div>
        <p id="hint" class="quiet">This is a demo: any name and any password will do.</p>
        ${buttons("Sign in", "Cancel")}
      </form>`,
  );

const scopeItem = (scope) => {
  const words = SCOPE_WORDS[scope] ?? OPENID_WORDS[scope];
  return words ? html`<li>${words} <code>${scope}</code></li>` : html`<li><code>${scope}</code></li>`;
};

/**
 * @param {object} options
 * @param {{ clientName?: string, clientId: string }} options.client
 * @param {string} [options.returnsTo] the app's origin, if it has one
 * @param {string} options.user
 * @param {string[]} options.resources the MCP servers that the access is for (RFC 8707)
 * @param {string[]} options.scopes the scopes that were not granted yet
 */
export const consentPage = ({ client, returnsTo, user, resources, scopes }) =>
  page(
    "Allow access?",
    html`<p>${app(client, returnsTo)} asks for access on behalf of <strong>${user}</strong>.</p>
      ${
        scopes.length > 0
          ? html`<p>
                ${resources.length > 0 ? html`At <code>${resources.join(", ")}</code>, it will be able to:` : "It will be able to:"}
              </p>
              <ul>
                ${scopes.map(scopeItem)}
              </ul>`
          : html`<p>It asks for nothing that you have not allowed before.</p>`
      }
      <form method="post">${buttons("Allow", "Cancel")}</form>`,
  );

/** @param {{ error: string, description?: string }} options from RFC 6749 §4.1.2.1 */
export const errorPage = ({ error, description }) =>
  page(
    "This did not work",
    html`<p>Go back to the app, and start again there. You can close this page.</p>
      <dl>
        <div>
          <dt>What happened</dt>
          <dd>${description || "The server gives no reason."}</dd>
        </div>
        <div>
          <dt>Code</dt>
          <dd><code>${error}</code></dd>
        </div>
      </dl>`,
  );

/**
 * The page on which the user types the code that a device shows (RFC 8628 §3.3).
 *
 * @param {{ xsrf: string, code?: string, problem?: string }} options
 */
export const codePage = ({ xsrf, code = "", problem }) =>
  page(
    "Connect a device",
    html`${problem ? html`<p id="problem" class="problem" role="alert">${problem}</p>` : ""}
      <form method="post" action="/device" autocomplete="off">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        <div>
          <label for="code">Code that the device shows</label>
          <input
            id="code"
            class="code"
            name="user_code"
            value="${code}"
            required
            autofocus
            autocapitalize="characters"
            spellcheck="false"
            autocomplete="off"
            ${problem ? html` aria-invalid="true" aria-describedby="problem"` : ""}
          />
        </div>
        <div class="buttons"><button class="primary">Continue</button></div>
      </form>`,
  );

/**
 * The page on which the user confirms that it is their device (RFC 8628 §5.4: somebody else may have sent the code).
 *
 * @param {{ xsrf: string, client: { clientName?: string, clientId: string }, code: string }} options
 */
export const codeConfirmationPage = ({ xsrf, client, code }) =>
  page(
    "Is this your device?",
    html`<p>${app(client)} asks to sign in on a device that shows this code:</p>
      <p class="code">${code}</p>
      <p>
        Continue only if you have the device in front of you and it shows this code. If somebody sent you the code,
        cancel.
      </p>
      <form method="post" action="/device">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        <input type="hidden" name="user_code" value="${code}" />
        <input type="hidden" name="confirm" value="yes" />
        <div class="buttons">
          <button class="primary">Continue</button>
          <button name="abort" value="yes">Cancel</button>
        </div>
      </form>`,
  );

/** @param {{ client: { clientName?: string, clientId: string } }} options */
export const deviceSuccessPage = ({ client }) =>
  page("Your device is signed in", html`<p>Continue with ${app(client)} on the device. You can close this page.</p>`);
