import { nodeResolve } from "@rollup/plugin-node-resolve";
import { copyFileSync, mkdirSync } from "node:fs";

// The HTML files use the same script names as Rollup's output.
mkdirSync("dist", { recursive: true });
for (const page of ["index.html", "callback.html"]) copyFileSync(page, `dist/${page}`);

export default {
  input: ["main.js", "callback.js"],
  output: { dir: "dist" },
  plugins: [nodeResolve({ browser: true })],
};
