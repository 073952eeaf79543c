// Replaces page/add.js: a service worker restores the session and makes the call.

/** Asks the service worker to call the demo server's tool: "40 + 2 = 42". */
export async function add(session) {
  await navigator.serviceWorker.register("service-worker.js", { type: "module" });
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    active.postMessage(session.server, [port2]);
  });
}
