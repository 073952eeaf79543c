// Server rendering creates no authorizer: "It is called … never while a server renders" (McpAuthorizerSource).

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import * as react from "mcp-authorize/react";
import * as svelte from "mcp-authorize/svelte";
import * as vue from "mcp-authorize/vue";
import { createElement } from "react";
import { renderToString as renderReact } from "react-dom/server";
import { get } from "svelte/store";
import { createSSRApp, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";

const SERVER = "https://mcp.example.com/mcp";
let created = 0;
const authorizer = async () => {
  created += 1;
  throw new Error("no authorizer may be created on a server");
};

afterEach(() => assert.equal(created, 0));

test("React renders the loading state", () => {
  function App() {
    const { status, waiting } = react.useMcpSession(SERVER, authorizer);
    const { servers, loading } = react.useMcpServers(authorizer, { servers: [{ server: SERVER }] });
    return createElement("p", null, [status, waiting, servers.length, loading].join());
  }
  assert.equal(renderReact(createElement(App)), "<p>loading,false,0,true</p>");
});

test("Vue renders the loading state", async () => {
  const app = createSSRApp({
    setup() {
      const { state } = vue.useMcpSession(SERVER, authorizer);
      const { state: list } = vue.useMcpServers(authorizer, { servers: [{ server: SERVER }] });
      return () =>
        h("p", [state.value.status, state.value.waiting, list.value.servers.length, list.value.loading].join());
    },
  });
  assert.equal(await renderVue(app), "<p>loading,false,0,true</p>");
});

test("Svelte's stores hold the loading state", () => {
  const { status, waiting } = get(svelte.mcpSession(SERVER, authorizer));
  const { servers, loading } = get(svelte.mcpServers(authorizer, { servers: [{ server: SERVER }] }));
  assert.deepEqual([status, waiting, servers.length, loading], ["loading", false, 0, true]);
});
