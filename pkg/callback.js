// Runs in the page at redirectUri: hands the authorization response to the page that opened the
// popup, and closes it. It decides nothing and shows nothing of what came in the address.

const NAME = "mcp-authorize"; // src/browser/popup.rs has it too
const PATIENCE = 3000;
const { search, origin, pathname } = location;

const show = (state, text) => {
  document.documentElement.dataset.mcpAuthorize = state;
  document.title = text;
  paragraph.textContent = text;
  (document.body ?? document.documentElement).append(paragraph);
};
const paragraph = document.createElement("p");
paragraph.role = "status";

const parameters = new URLSearchParams(search);
if (parameters.has("code") || parameters.has("error")) {
  // The response does not stay in the address bar, nor in the history.
  history.replaceState(null, "", origin + pathname);

  // Tells an answer to this page from those to others. No secret: state is what binds.
  const id = Math.random();
  const channel = new BroadcastChannel(NAME);
  const giveUp = setTimeout(
    () => show("no_opener", "The page that started this sign-in is gone. Go back to the app and sign in again."),
    PATIENCE,
  );
  channel.onmessage = ({ data }) => {
    if (data?.type !== NAME || data.ack !== id) return;
    clearTimeout(giveUp);
    show("done", "You can close this window.");
    close();
  };
  // A sign-in page with Cross-Origin-Opener-Policy leaves no opener, but the channel.
  const message = { type: NAME, query: search, id };
  opener?.postMessage(message, origin);
  channel.postMessage(message);
} else {
  show("callback_without_response", "This page finishes a sign-in. Go back to the app and start there.");
}
