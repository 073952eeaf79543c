/** Calls the demo server's tool: "40 + 2 = 42". */
export async function add(session) {
  const response = await session.fetch(session.server, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "add", arguments: { a: 40, b: 2 } },
    }),
  });
  const text = await response.text();
  return /40 \+ 2 = 42/.exec(text)?.[0] ?? text;
}
