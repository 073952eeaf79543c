// Installs packages if there is apt and the permission to use it (a container, a CI machine). The package lists are downloaded
// only if the first attempt fails.

import { Failure, run, step, which } from "../run.mjs";

export function canInstall() {
  return which("apt-get") !== null && process.getuid?.() === 0;
}

export async function install(packages, what, time) {
  await step(`Installing ${what} from Debian's packages (about ${time}, once)`, async () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const args = ["install", "-y", ...packages];
    try {
      await run("apt-get", args, { log: "apt-install", env });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await run("apt-get", ["update"], { log: "apt-update", env });
      await run("apt-get", args, { log: "apt-install", env });
    }
  });
}
