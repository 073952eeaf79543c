// An app under StrictMode, which runs each effect, undoes it and runs it again. Two components show one session.

import { McpAuthorizer } from "mcp-authorize/inline";
import { useMcpSession } from "mcp-authorize/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { add } from "../../consumers/page/call.js";

const { mcpUrl } = await (await fetch("/config.json")).json();

globalThis.created = 0;
const authorizer = () => {
  globalThis.created += 1;
  return McpAuthorizer.create({ clientName: "React test", redirectUri: "/callback.html" });
};

function Account({ name, server }) {
  const { status, error, session, fetch, signIn, signOut, stepUp } = useMcpSession(server, authorizer);
  const [answer, setAnswer] = useState("");
  (globalThis.seen ??= {})[name] = [...(globalThis.seen[name] ?? []), status];
  return (
    <section aria-label={name}>
      <p role="status">{status}</p>
      <p className="scopes">{session?.scopes.join(" ")}</p>
      <p className="error">{error?.code}</p>
      <p className="answer">{answer}</p>
      <button onClick={signIn}>Sign in</button>
      <button onClick={() => signOut()}>Sign out</button>
      <button onClick={() => stepUp({ scopes: ["mcp:write"] })}>Step up</button>
      <button disabled={!fetch} onClick={async () => setAnswer(await add({ server, fetch }))}>
        Call
      </button>
    </section>
  );
}

function App() {
  const [server, setServer] = useState(mcpUrl);
  const [shown, setShown] = useState(true);
  return (
    <>
      {shown && <Account name="first" server={server} />}
      <Account name="second" server={mcpUrl} />
      <button onClick={() => setServer(`${mcpUrl}/other`)}>Other server</button>
      <button onClick={() => setShown(false)}>Leave</button>
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
