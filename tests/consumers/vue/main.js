import { McpAuthorizer } from "mcp-authorize";
import { useMcpSession } from "mcp-authorize/vue";
import { createApp, h, ref, watch } from "vue";
import { add } from "./call.js";

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
      h("button", { disabled: state.value.status !== "signed-out" && !state.value.waiting, onClick }, "Sign in"),
      h("p", { role: "status" }, state.value.error?.message ?? answer.value),
    ];
  },
}).mount(document.body);
