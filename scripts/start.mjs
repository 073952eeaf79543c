// `npm start`: builds the package, then runs the demo. Options after `--` go to the demo.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = (path) => fileURLToPath(new URL(path, import.meta.url));

async function run(path, args) {
  const child = spawn(process.execPath, [script(path), ...args], { stdio: "inherit" });
  // Ctrl-C also reaches the child. A signal to this process alone is passed on.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => child.kill(signal));
  const [status] = await once(child, "exit");
  return status ?? 1;
}

const options = process.argv.slice(2);
const wantsHelp = options.includes("--help");
process.exitCode = (wantsHelp ? 0 : await run("build.mjs", [])) || (await run("../www/serve.mjs", options));
