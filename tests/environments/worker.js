// A module worker or a service worker: does the program when it is told to, and answers at the port that came along.

import { run } from "./program.js";

addEventListener("message", (/** @type {any} */ event) => {
  const outcome = run(event.data).then(
    (value) => ({ value }),
    ({ name, code, message }) => ({ error: `${name} ${code}: ${message}` }),
  );
  const answered = outcome.then((outcome) => event.ports[0].postMessage(outcome));
  // A service worker may be ended as soon as it has nothing left to do.
  event.waitUntil?.(answered);
});
