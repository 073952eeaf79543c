// For Cloudflare Workers, like workerd.js.
import { loadStepsBy } from "./steps-loading.js";
import { initSync } from "./wasm/steps.js";
import module from "./wasm/steps_bg.wasm";

loadStepsBy(async () => initSync({ module }));

export * from "./step-by-step.js";
