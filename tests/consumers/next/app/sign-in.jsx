"use client";

import { McpAuthorizer } from "mcp-authorize";
import { useEffect, useState } from "react";
import { add } from "../add";

export function SignIn() {
  const [authorizer, setAuthorizer] = useState(null);
  const [status, setStatus] = useState("");
  const fail = (error) => setStatus(`${error.code ?? error.name}: ${error.message} ${error.cause ?? ""}`);

  useEffect(() => {
    async function start() {
      const authorizer = await McpAuthorizer.create({ clientName: "Consumer", redirectUri: "/callback" });
      const session = await authorizer.restore(serverUrl());
      if (session) setStatus(`Restored: ${await add(session)}`);
      else setAuthorizer(authorizer);
    }
    start().catch(fail);
  }, []);

  async function signIn() {
    try {
      setStatus(`Signed in: ${await add(await authorizer.signIn(serverUrl()))}`);
    } catch (error) {
      fail(error);
    }
  }

  return (
    <>
      <button disabled={!authorizer} onClick={signIn}>
        Sign in
      </button>
      <p role="status">{status}</p>
    </>
  );
}

const serverUrl = () => new URLSearchParams(location.search).get("server");
