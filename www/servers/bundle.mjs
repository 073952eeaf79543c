import { fileURLToPath } from "node:url";

/** An npm package as one module that a browser can load. */
export async function bundle(name) {
  const { build } = await import("esbuild"); // Not before it is needed: `npm run site -- --help` works without it.
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(name)};`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0].text;
}
