// For browsers and workers: loaded when something is diagnosed.
import { diagnoseBy } from "./diagnosis.js";
import initialize from "./wasm/diagnose.js";

export const diagnose = diagnoseBy(() =>
  initialize({ module_or_path: new URL("./wasm/diagnose_bg.wasm", import.meta.url) }),
);
