// A program without a window, the same for Node.js, Deno and a Cloudflare Worker.

import { McpAuthorizer } from "mcp-authorize";
import { beginAuthorization, discover, finishAuthorization, register } from "mcp-authorize/steps";
import { add } from "./add.js";
import { logIn } from "./log-in.js";

const redirectUri = "http://127.0.0.1/callback";

export async function run(server) {
  const authorizer = await McpAuthorizer.create({
    clientName: "Consumer",
    redirectUri,
    authorize: logIn,
  });
  const answer = await add(await authorizer.signIn(server));
  const { findings } = await authorizer.diagnose(server); // loads a second WebAssembly module
  return `Signed in: ${answer}, ${findings.length} findings, ${await stepByStep(server)}`;
}

/** Uses the single steps, which load a third WebAssembly module. */
async function stepByStep(server) {
  const discovered = await discover(server);
  const { authorizationServer, scopes } = discovered;
  const client = await register(authorizationServer, { clientName: "Consumer", redirectUri, scopes });
  const { url, pending } = await beginAuthorization({ discovered, client, redirectUri });
  const tokens = await finishAuthorization(pending, await logIn(url));
  return `${tokens.granted.length} scopes by steps`;
}
