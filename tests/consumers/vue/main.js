import { McpAuthorizer } from "mcp-authorize";
import { createApp, h, ref, watch } from "vue";
import { add } from "./call.js";
import { useMcpSession } from "./session.js"; // docs/frameworks.md

const server = new URLSearchParams(location.search).get("server");
const authorizer = () => McpAuthorizer.create({ clientName: "Consumer", redirectUri: "/callback.html" });

createApp({
  setup() {
    const { state, signIn } = useMcpSession(server, authorizer);
    const answer = ref("");
    let how = "Restored";
    watch(
      () => state.value.session,
      async (session) => {
        if (session) answer.value = `${how}: ${await add(session)}`;
      },
    );
    const onClick = () => {
      how = "Signed in";
      signIn();
    };
    return () => [
      h("button", { disabled: state.value.status !== "signed-out", onClick }, "Sign in"),
      h("p", { role: "status" }, state.value.error?.message ?? answer.value),
    ];
  },
}).mount(document.body);
