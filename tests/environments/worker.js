// A module worker or a service worker: runs the program on a message, and answers at the message's port.

import { run } from "./program.js";

addEventListener("message", (/** @type {any} */ event) => {
  const outcome = run(event.data).then(
    (value) => ({ value }),
    ({ name, code, message }) => ({ error: `${name} ${code}: ${message}` }),
  );
  const answered = outcome.then((outcome) => event.ports[0].postMessage(outcome));
  // Keeps a service worker alive until it has answered.
  event.waitUntil?.(answered);
});
