import { nodeResolve } from "@rollup/plugin-node-resolve";
import { copyFileSync, mkdirSync } from "node:fs";

// The pages name the scripts as Rollup does.
mkdirSync("dist", { recursive: true });
for (const page of ["index.html", "callback.html"]) copyFileSync(page, `dist/${page}`);

export default {
  input: ["main.js", "callback.js"],
  output: { dir: "dist" },
  plugins: [nodeResolve({ browser: true })],
};
