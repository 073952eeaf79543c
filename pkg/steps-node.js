// For Node.js, whose fetch takes no file: URL.
import { readFile } from "node:fs/promises";
import { loadStepsBy } from "./steps-loading.js";
import { initSync } from "./wasm/steps.js";

loadStepsBy(async () => initSync({ module: await readFile(new URL("./wasm/steps_bg.wasm", import.meta.url)) }));

export * from "./step-by-step.js";
