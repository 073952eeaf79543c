// A page with all servers and accounts of its user. It stores the list.

import { useMcpServers } from "mcp-authorize/react";
import { StrictMode, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { authorizer } from "./authorizer.js";
import { mcpUrls } from "./config.js";
import { keep, kept } from "./kept.js";
import { whoami } from "./whoami.js";

function Server({ entry }) {
  const { server, account, status, waiting, error, fetch, signIn, cancel, signOut, remove } = entry;
  const [who, setWho] = useState("");
  const ask = useCallback(() => {
    setWho("");
    if (fetch) whoami(server, fetch).then(setWho, ({ code }) => setWho(code));
  }, [server, fetch]);
  useEffect(ask, [ask]);
  return (
    <section aria-label={[mcpUrls.indexOf(server), account].join(" ").trim()}>
      <p role="status">{[status, waiting && "waiting", who].filter(Boolean).join(" ")}</p>
      <p className="error">{error?.code}</p>
      <button onClick={() => signIn()}>Sign in</button>
      <button onClick={cancel}>Cancel</button>
      <button onClick={() => signOut()}>Sign out</button>
      <button onClick={() => remove()}>Remove</button>
      <button onClick={ask}>Ask again</button>
    </section>
  );
}

function Servers() {
  const { servers, loading, error, add } = useMcpServers(authorizer, { servers: kept });
  useEffect(() => keep({ loading, servers }), [loading, servers]);
  const onSubmit = (event) => {
    event.preventDefault();
    const { server, account } = Object.fromEntries(new FormData(event.target));
    add(String(server), { account: String(account) || undefined });
  };
  return (
    <main aria-busy={loading}>
      <p className="list-error">{error?.message}</p>
      <form onSubmit={onSubmit}>
        <input aria-label="URL" name="server" />
        <input aria-label="Account" name="account" />
        <button>Add</button>
      </form>
      {servers.map((entry) => (
        <Server key={entry.id} entry={entry} />
      ))}
    </main>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Servers />
  </StrictMode>,
);
