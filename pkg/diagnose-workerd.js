// For Cloudflare Workers, like workerd.js.
import { diagnoseBy } from "./diagnosis.js";
import { initSync } from "./wasm/diagnose.js";
import module from "./wasm/diagnose_bg.wasm";

export const diagnose = diagnoseBy(async () => initSync({ module }));
