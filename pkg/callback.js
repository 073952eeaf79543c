// Runs in the page at redirectUri. In a popup, it passes the authorization response to the page that opened the popup, and
// closes it. After a redirect, it stores the response and goes back to the app's page. It decides nothing, and shows nothing
// of the address.

const NAME = "mcp-authorize"; // src/browser/popup.rs has it too
const PATIENCE = 3000;
const { search, origin, pathname } = location;

/** @type {(state: string, text: string) => void} */
const show = (state, text) => {
  document.documentElement.dataset.mcpAuthorize = state;
  document.title = text;
  paragraph.textContent = text;
  (document.body ?? document.documentElement).append(paragraph);
};
const paragraph = document.createElement("p");
paragraph.role = "status";

/**
 * Storage and channels throw if the browser blocks them. One way is enough.
 *
 * @type {<T>(work: () => T) => T | undefined}
 */
const attempt = (work) => {
  try {
    return work();
  } catch {}
};

/**
 * Goes back to the page on which the app started the redirect with this state (src/browser/redirect.rs). The app reads
 * the response from this tab's sessionStorage, so neither the address nor a Referer contains it.
 *
 * @type {(state: string | null) => true | undefined}
 */
const goBack = (state) => {
  const page = sessionStorage.getItem(`${NAME} ${state}`);
  if (!page || new URL(page).origin !== origin) return;
  sessionStorage.setItem(NAME + search, "");
  location.replace(page);
  return true;
};

const parameters = new URLSearchParams(search);
if (parameters.has("code") || parameters.has("error")) {
  // Removes the response from the address bar and the history.
  history.replaceState(null, "", origin + pathname);
  if (!attempt(() => goBack(parameters.get("state")))) handOver();
} else {
  show("callback_without_response", "This page finishes a sign-in. Go back to the app and start there.");
}

function handOver() {
  // Distinguishes replies to this page from those to others. Not a secret: `state` protects the response.
  const id = Math.random();
  const giveUp = setTimeout(
    () =>
      show("no_opener", "The page that started this sign-in can’t be reached. Go back to the app and sign in again."),
    PATIENCE,
  );
  const heard = (/** @type {any} */ data) => {
    if (data?.type !== NAME || data.ack !== id) return;
    clearTimeout(giveUp);
    show("done", "You can close this window.");
    close();
  };
  const message = { type: NAME, query: search, id };

  // Reaches the app even if a sign-in page with Cross-Origin-Opener-Policy has removed the opener.
  attempt(() => {
    const channel = new BroadcastChannel(NAME);
    channel.onmessage = ({ data }) => heard(data);
    channel.postMessage(message);
  });
  // Reaches a frame of another site, which has other channels and storage.
  attempt(() => opener?.postMessage(message, origin));
  // Storage events for an entry that is deleted at once. Scripts of this origin could also listen on the channel, but the
  // code is useless without the verifier (RFC 7636), which never leaves the module's memory and its store.
  attempt(() => {
    addEventListener(
      "storage",
      ({ key, newValue }) => key === NAME && attempt(() => heard(JSON.parse(newValue ?? "null"))),
    );
    localStorage.setItem(NAME, JSON.stringify(message));
    localStorage.removeItem(NAME);
  });
}
