"use client";

import { useEffect, useMemo, useRef, useState } from "react";
import { LOADING, watchMcpSession } from "./watch.js";

export function useMcpSession(server, authorizer) {
  const url = String(server);
  const [source] = useState(() => authorizer);
  const [shown, show] = useState({ url, state: LOADING });
  const watch = useRef(null);

  useEffect(() => {
    const own = watchMcpSession(url, source, (state) => show({ url, state }));
    watch.current = own;
    return () => own.close();
  }, [url, source]);

  const actions = useMemo(
    () => ({
      signIn: (options) => watch.current.signIn(options),
      stepUp: (options) => watch.current.stepUp(options),
      signOut: (options) => watch.current.signOut(options),
    }),
    [],
  );
  // With another URL the last server's session is not shown for a moment longer.
  return { ...(shown.url === url ? shown.state : LOADING), ...actions };
}
