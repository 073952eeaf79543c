import { copyFileSync, mkdirSync } from "node:fs";

// The pages name the scripts as webpack does.
mkdirSync("dist", { recursive: true });
for (const page of ["index.html", "callback.html"]) copyFileSync(page, `dist/${page}`);

export default {
  mode: "production",
  entry: { main: "./main.js", callback: "./callback.js" },
};
