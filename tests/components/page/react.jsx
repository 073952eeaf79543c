// An app under StrictMode, which runs each effect, undoes it and runs it again. Two components show the same session.

import { useMcpSession } from "mcp-authorize/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { add } from "../../consumers/page/call.js";
import { authorizer } from "./authorizer.js";
import { mcpUrl, note } from "./config.js";

function Account({ name, server, account = undefined }) {
  const { status, waiting, error, session, fetch, ...actions } = useMcpSession(server, authorizer, { account });
  const [answer, setAnswer] = useState("");
  return (
    <section aria-label={name}>
      <p role="status">{note(name, status)}</p>
      <p className="waiting">{String(waiting)}</p>
      <p className="scopes">{session?.scopes.join(" ")}</p>
      <p className="account">{session?.account}</p>
      <p className="error">{error?.code}</p>
      <p className="answer">{answer}</p>
      <button disabled={status === "signing-in" && !waiting} onClick={() => actions.signIn()}>
        Sign in
      </button>
      <button onClick={actions.cancel}>Cancel</button>
      <button onClick={() => actions.signOut()}>Sign out</button>
      <button onClick={() => actions.stepUp({ scopes: ["mcp:write"] })}>Step up</button>
      <button disabled={!fetch} onClick={async () => setAnswer(await add({ server, fetch }))}>
        Call
      </button>
    </section>
  );
}

function App() {
  const [server, setServer] = useState(mcpUrl);
  const [account, setAccount] = useState(/** @type {string | undefined} */ (undefined));
  const [shown, setShown] = useState(true);
  return (
    <>
      {shown && <Account name="first" server={server} account={account} />}
      <Account name="second" server={mcpUrl} />
      <button onClick={() => setServer(`${mcpUrl}/other`)}>Other server</button>
      <button onClick={() => setAccount(account ? undefined : "work")}>Other account</button>
      <button onClick={() => setShown(false)}>Leave</button>
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
