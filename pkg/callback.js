// Runs in the page at redirectUri: hands the authorization response to the page that opened the popup,
// and closes it; or to the page that was left, and goes back there. It decides nothing and shows nothing
// of what came in the address.

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
 * Storage and channels throw where the browser blocks them, and one way is enough.
 *
 * @type {<T>(work: () => T) => T | undefined}
 */
const attempt = (work) => {
  try {
    return work();
  } catch {}
};

/**
 * Where the user was in this tab, when the app left it with this state (src/browser/redirect.rs). The app takes
 * the response from the tab's own storage: neither the address nor a Referer has it.
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
  // The response does not stay in the address bar, nor in the history.
  history.replaceState(null, "", origin + pathname);
  if (!attempt(() => goBack(parameters.get("state")))) handOver();
} else {
  show("callback_without_response", "This page finishes a sign-in. Go back to the app and start there.");
}

function handOver() {
  // Tells an answer to this page from those to others. No secret: state is what binds.
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

  // Reaches the app even when a sign-in page with Cross-Origin-Opener-Policy left no opener.
  attempt(() => {
    const channel = new BroadcastChannel(NAME);
    channel.onmessage = ({ data }) => heard(data);
    channel.postMessage(message);
  });
  // Reaches a frame of another site, where channels and storage are others.
  attempt(() => opener?.postMessage(message, origin));
  // Events of what is gone again at once. Scripts of this origin could listen on the channel as well, and
  // the code is worth nothing without the verifier (RFC 7636), which never leaves the module's memory and its store.
  attempt(() => {
    addEventListener(
      "storage",
      ({ key, newValue }) => key === NAME && attempt(() => heard(JSON.parse(newValue ?? "null"))),
    );
    localStorage.setItem(NAME, JSON.stringify(message));
    localStorage.removeItem(NAME);
  });
}
