// For browsers and workers: the module is a file beside this one, loaded at the first step.
import { loadStepsBy } from "./steps-loading.js";
import initialize from "./wasm/steps.js";

loadStepsBy(() => initialize({ module_or_path: new URL("./wasm/steps_bg.wasm", import.meta.url) }));

export * from "./step-by-step.js";
