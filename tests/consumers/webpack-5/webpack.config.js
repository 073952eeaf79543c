import { copyFileSync, mkdirSync } from "node:fs";

// The HTML files use the same script names as webpack's output.
mkdirSync("dist", { recursive: true });
for (const page of ["index.html", "callback.html"]) copyFileSync(page, `dist/${page}`);

export default {
  mode: "production",
  entry: { main: "./main.js", callback: "./callback.js" },
};
