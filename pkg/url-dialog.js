// The dialog that asks whether to open a server's URL. It shows the server's texts as plain text, without links.

/** @import { McpUrlRequest, McpUrlLabels } from "./index.js" */

/** @type {McpUrlLabels} */
const LABELS = {
  title: "A server asks you to open a page",
  server: "Server",
  page: "Page",
  message: "Its reason",
  warnings: {
    punycode: "The page's name has letters that can look like others. Open it only if you know it.",
    ip_address: "The page has a number instead of a name. Open it only if you know it.",
    other_host: "The page is not on the server that asks.",
  },
  open: "Open the page",
  decline: "Decline",
  waiting: "The page is open in its own window. Come back here when you are done.",
  done: "I am done",
  cancel: "Cancel",
};

/** In milliseconds. At first, buttons ignore clicks and keys that were meant for something else. */
const UNARMED_MS = 500;

const STYLE = `
dialog {
  box-sizing: border-box;
  color-scheme: light dark;
  color: CanvasText;
  background: Canvas;
  border: 1px solid currentColor;
  border-radius: 0.5em;
  font: 1rem/1.4 system-ui, sans-serif;
  inline-size: min(36em, 100% - 2em);
  overflow-wrap: anywhere;
  padding: 1.25em;
}
h2 { font-size: 1.2em; margin: 0 }
[tabindex] { outline: none }
dt { font-size: 0.875em; margin-block-start: 0.75em }
dd { margin: 0 }
.url { direction: ltr; font-family: ui-monospace, monospace; max-block-size: 8em; overflow: auto; unicode-bidi: isolate }
.url strong { font-size: 1.1em; text-decoration: underline }
.warning { border-inline-start: 0.25em solid #c60; margin-block: 0.75em 0; padding-inline-start: 0.5em }
p { margin-block: 0.75em 0 }
p:empty { display: none }
.buttons { display: flex; flex-wrap: wrap; gap: 0.5em; margin-block-start: 1.25em }
button { font: inherit; padding: 0.5em 1em }
`;

/**
 * @param {McpUrlRequest} request
 * @param {Partial<McpUrlLabels>} [labels]
 */
export function showUrlDialog(request, labels) {
  const text = { ...LABELS, ...labels, warnings: { ...LABELS.warnings, ...labels?.warnings } };
  const { scheme, host, rest } = request.parts;

  const title = element("h2", text.title);
  title.id = "title";
  title.tabIndex = -1;
  title.autofocus = true;
  const url = element("dd", scheme, element("strong", host), rest);
  url.className = "url";
  const message = element("bdi", request.message);
  const facts = element("dl", element("dt", text.page), url);
  facts.append(element("dt", text.server), element("dd", element("bdi", request.server)));
  if (request.message) facts.append(element("dt", text.message), element("dd", message));
  const warnings = request.warnings.map((warning) => element("p", text.warnings[warning] ?? warning));
  for (const warning of warnings) warning.className = "warning";
  const status = element("p");
  status.setAttribute("role", "status");
  status.tabIndex = -1;

  const open = button(text.open, () => {
    buttons.replaceChildren(done, button(text.cancel, request.cancel));
    arm(done);
    status.textContent = text.waiting;
    status.focus();
    request.open();
  });
  const done = button(text.done, request.done);
  const buttons = element("div", open, button(text.decline, request.decline));
  buttons.className = "buttons";

  const dialog = element("dialog", title, facts, ...warnings, status, buttons);
  dialog.setAttribute("aria-labelledby", title.id);
  // Escape.
  dialog.addEventListener("cancel", request.cancel);
  const holder = document.createElement("div");
  const shadow = holder.attachShadow({ mode: "open" });
  // Not a <style> element, which a Content-Security-Policy without inline styles would block.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(dialog);
  document.body.append(holder);
  dialog.showModal();
  arm(open);
  request.signal.addEventListener("abort", () => {
    dialog.close();
    holder.remove();
  });
}

/** @param {HTMLButtonElement} button */
function arm(button) {
  button.disabled = true;
  setTimeout(() => (button.disabled = false), UNARMED_MS);
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {...(Node | string)} content
 */
function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

/**
 * @param {string} label
 * @param {() => void} click
 */
function button(label, click) {
  const made = element("button", label);
  made.type = "button";
  made.addEventListener("click", click);
  return made;
}
