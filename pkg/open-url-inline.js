// The module is in the script, like that of inline.js.
import { openUrlBy } from "./url-request.js";
import initialize from "./wasm/elicitation.js";
import base64 from "./wasm/elicitation_inline.js";

export const openUrl = openUrlBy(() =>
  initialize({ module_or_path: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) }),
);
