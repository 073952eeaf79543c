/** The user that the server sees, from the demo server's tool `whoami`. */
export async function whoami(server, fetch) {
  const response = await fetch(server, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "whoami", arguments: {} } }),
  });
  const text = await response.text();
  return /\\"sub\\": \\"(\w+)\\"/.exec(text)?.[1] ?? text;
}
