// The authorization server's page in place of the app's own. `pkg/callback.js` puts what comes back into the storage
// that this tab has for itself, as names.

const NAME = "mcp-authorize";

/** Leaves for a page. The callback page finds where the user was by the state of the response. */
export function leave(state, url) {
  sessionStorage.setItem(`${NAME} ${state}`, location.href);
  location.assign(url);
}

/** Waits until the user is back on this page, as by the back button. */
export const cameBack = ({ signal }) =>
  new Promise((back) => addEventListener("pageshow", ({ persisted }) => persisted && back(), { signal }));

/** The queries that came back. */
export const responses = () =>
  Object.keys(sessionStorage)
    .filter((name) => name.startsWith(`${NAME}?`))
    .map((name) => name.slice(NAME.length));

export const forget = (query) => sessionStorage.removeItem(NAME + query);
