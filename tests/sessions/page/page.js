import { app } from "./client.js";

const button = document.getElementById("sign-in");
button.onclick = () => {
  const signedIn = (session) => void (app.session = session);
  app.signingIn = app.authorizer
    .signIn(app.server ?? app.mcpUrl, { account: app.account, signal: app.signal })
    .then(signedIn);
  app.signingIn.catch(() => {});
};

document.getElementById("step-up").onclick = () => {
  app.steppingUp = app.session.stepUp({ signal: app.signal });
  app.steppingUp.then(app.steppedUp, app.notSteppedUp);
};

/** The page's onStepUp: waits until the user clicks the button. */
app.onStepUp = (details) => {
  app.stepUpRequests.push(details);
  return new Promise((resolve, reject) => Object.assign(app, { steppedUp: resolve, notSteppedUp: reject }));
};
Object.assign(app, { stepUpRequests: [], steppedUp() {}, notSteppedUp() {} });

/** Starts a worker. `app.worker` calls a method of the worker's own `app`. */
app.startWorker = async () => {
  const worker = new Worker("/worker.js", { type: "module" });
  let last = 0;
  app.worker = (method, ...args) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      worker.addEventListener("message", function listener({ data }) {
        if (data.id !== id) return;
        worker.removeEventListener("message", listener);
        if (data.error) reject(new Error(data.error));
        else resolve(data.value);
      });
      worker.postMessage({ id, method, args });
    });
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = ({ message }) => reject(new Error(message));
  });
};

globalThis.app = app;
