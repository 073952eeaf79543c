// The page under test: a button, clicked for every sign-in, and the result.

import { run } from "../app.mjs";

const button = document.querySelector("button");
const output = document.querySelector("output");
const { server, credentials } = JSON.parse(decodeURIComponent(location.hash.slice(1)));

function click() {
  button.disabled = false;
  return new Promise((resolve) => button.addEventListener("click", resolve, { once: true })).then(() => {
    button.disabled = true;
  });
}

run(server, credentials, { click, redirectUri: "/callback.html" }).then(
  () => (output.value = "done"),
  (error) => (output.value = `${error.code ?? error.name}: ${error.message}`),
);
