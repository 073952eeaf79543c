"use client";

import { McpAuthorizer } from "mcp-authorize";
import { useMcpSession } from "mcp-authorize/react";
import { useEffect, useRef, useState } from "react";
import { add } from "../call";

const authorizer = () => McpAuthorizer.create({ clientName: "Consumer", redirectUri: "/callback" });

export function SignIn({ server }) {
  const { status, waiting, error, session, signIn } = useMcpSession(server, authorizer);
  const [answer, setAnswer] = useState("");
  const how = useRef("Restored");

  useEffect(() => {
    if (session) add(session).then((text) => setAnswer(`${how.current}: ${text}`));
  }, [session]);

  function click() {
    how.current = "Signed in";
    signIn();
  }

  return (
    <>
      <button disabled={status !== "signed-out" && !waiting} onClick={click}>
        Sign in
      </button>
      <p role="status">{error ? `${error.code}: ${error.message} ${error.cause ?? ""}` : answer}</p>
    </>
  );
}
