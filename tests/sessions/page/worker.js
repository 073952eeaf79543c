import { app } from "./client.js";

onmessage = async ({ data: { id, method, args } }) => {
  try {
    postMessage({ id, value: await app[method](...args) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
};
postMessage("ready");
