// The module is in the script, like that of inline.js.
import { diagnoseBy } from "./diagnosis.js";
import initialize from "./wasm/diagnose.js";
import base64 from "./wasm/diagnose_inline.js";

export const diagnose = diagnoseBy(() =>
  initialize({ module_or_path: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) }),
);
