// Hands the scenario to the browser that run.mjs started, and ends as the page did.

const response = await fetch(process.env.MCP_AUTHORIZE_CONFORMANCE_PAGE, {
  method: "POST",
  body: JSON.stringify({
    server: process.argv.at(-1),
    credentials: JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}"),
  }),
});
const said = await response.text();
if (said !== "done") {
  console.error(said);
  process.exitCode = 1;
}
