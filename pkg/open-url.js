// For browsers: the module is a file beside this one, loaded when the first URL is opened.
import { openUrlBy } from "./url-request.js";
import initialize from "./wasm/elicitation.js";

export const openUrl = openUrlBy(() =>
  initialize({ module_or_path: new URL("./wasm/elicitation_bg.wasm", import.meta.url) }),
);
