// Replaces page/add.js: a worker restores the session and makes the call.

/** Asks a worker to call the demo server's tool: "40 + 2 = 42". */
export function add(session) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(session.server);
  });
}
