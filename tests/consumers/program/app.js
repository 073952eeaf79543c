// What a program does that has no window: the same for Node.js, Deno and a Cloudflare Worker.

import { McpAuthorizer } from "mcp-authorize";
import { add } from "./add.js";
import { logIn } from "./log-in.js";

export async function run(server) {
  const authorizer = await McpAuthorizer.create({
    clientName: "Consumer",
    redirectUri: "http://127.0.0.1/callback",
    authorize: logIn,
  });
  const answer = await add(await authorizer.signIn(server));
  const { findings } = await authorizer.diagnose(server); // by another module, which is loaded for it
  return `Signed in: ${answer}, ${findings.length} findings`;
}
