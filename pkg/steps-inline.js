// The module is in the script, like that of inline.js.
import { loadStepsBy } from "./steps-loading.js";
import initialize from "./wasm/steps.js";
import base64 from "./wasm/steps_inline.js";

loadStepsBy(() =>
  initialize({ module_or_path: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) }),
);

export * from "./step-by-step.js";
