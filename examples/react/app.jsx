// A page in React that signs its user in to an MCP server and lists the tools.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { McpAuthorizer } from "mcp-authorize";
import { useMcpSession } from "mcp-authorize/react";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const authorizer = () => McpAuthorizer.create({ clientName: "React example", redirectUri: "/callback.html" });

function App({ server }) {
  const { status, error, fetch, signIn, cancel, signOut } = useMcpSession(server, authorizer);
  const [tools, setTools] = useState("");

  useEffect(() => {
    if (!fetch) return setTools("");
    const client = new Client({ name: "react-example", version: "1.0.0" });
    const connecting = client.connect(new StreamableHTTPClientTransport(new URL(server), { fetch }));
    const listing = connecting.then(() => client.listTools());
    listing.then(({ tools }) => setTools(tools.map(({ name }) => name).join(", ")), console.error);
    return () => void client.close();
  }, [server, fetch]);

  const acts = { "signed-in": ["Sign out", signOut], "signing-in": ["Cancel", cancel] };
  const [label, act] = acts[status] ?? ["Sign in", signIn];
  const button = { disabled: status === "loading", onClick: () => act() };
  return [tools || error?.userMessage, <button {...button}>{label}</button>];
}

createRoot(document.getElementById("app")).render(<App server={document.body.dataset.server} />);
