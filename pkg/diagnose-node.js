// For Node.js, whose fetch takes no file: URL.
import { readFile } from "node:fs/promises";
import { diagnoseBy } from "./diagnosis.js";
import { initSync } from "./wasm/diagnose.js";

export const diagnose = diagnoseBy(async () =>
  initSync({ module: await readFile(new URL("./wasm/diagnose_bg.wasm", import.meta.url)) }),
);
