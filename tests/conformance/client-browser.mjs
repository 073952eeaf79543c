// Passes the scenario to the browser that run.mjs started, and fails if the page reports an error.

const response = await fetch(process.env.MCP_AUTHORIZE_CONFORMANCE_PAGE, {
  method: "POST",
  body: JSON.stringify({
    server: process.argv.at(-1),
    credentials: JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}"),
  }),
});
const output = await response.text();
if (output !== "done") {
  console.error(output);
  process.exitCode = 1;
}
