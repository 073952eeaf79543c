// The tools of an MCP server: a form for each, made from its input schema.

import { breakable, find, make } from "./dom.js";

/**
 * Shows the tools of a server: a form for each, and the first is open.
 *
 * @param {import("@modelcontextprotocol/client").Tool[]} tools
 * @param {(tool: string, input: object) => Promise<void>} call what a form does when it is sent
 */
export function showTools(tools, call) {
  const forms = tools.map((tool) => toolForm(tool, call));
  if (forms[0]) forms[0].open = true;
  find("tool-list").replaceChildren(...forms.map((form) => make("li", {}, form)));
  find("tools").hidden = false;
  if (tools[0]) standOut(find(callId(tools[0].name)));
}

/** Calls a tool and shows its answer below its form. */
export async function callTool(client, name, input) {
  const output = document.getElementById(outputId(name));
  output.replaceChildren();
  standOut(find(callId(name)));
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: input });
  const text = content.map(blockText).join("\n") || JSON.stringify(structuredContent, null, 2) || "(no answer)";
  output.closest("details").open = true;
  output.replaceChildren(make("pre", { className: isError ? "failed" : "" }, ...breakable(text)));
}

/**
 * Beside a tool that needs more than the user has granted: what, and the button to grant it.
 *
 * @param {string} tool its name
 * @param {{ missing: { scope: string, words?: string }[], grant(): Promise<void> }} options
 */
export function offer(tool, { missing, grant }) {
  const output = document.getElementById(outputId(tool));
  const id = `missing-${tool}`;
  const code = (text) => make("code", {}, ...breakable(text));
  const needs = missing.flatMap(({ scope, words }, index) => [
    index > 0 ? ", " : "",
    ...(words ? [make("strong", {}, words), " (", code(scope), ")"] : [code(scope)]),
  ]);
  const button = make("button", { type: "button" }, "Grant access");
  button.setAttribute("aria-describedby", id);
  button.addEventListener("click", async () => {
    await grant();
    // The answer replaces the button, so the button that calls the tool gets the focus.
    if (!button.isConnected) find(callId(tool)).focus();
  });
  output.replaceChildren(
    make(
      "div",
      { className: "offer" },
      make("p", { id }, "This tool needs what you have not granted yet: ", ...needs),
      button,
    ),
  );
  output.closest("details").open = true;
  standOut(button);
}

/** One button stands out: the one to press next. */
function standOut(button) {
  for (const other of find("tools").querySelectorAll(".primary")) other.classList.remove("primary");
  button.classList.add("primary");
}

const blockText = ({ type, text, mimeType = "" }) => (type === "text" ? text : `(${type} ${mimeType})`);

const outputId = (name) => `answer-${name}`;
const callId = (name) => `call-${name}`;

function toolForm(tool, call) {
  const { properties = {}, required = [] } = tool.inputSchema;
  const fields = Object.entries(properties).map(([name, schema]) =>
    field(`input-${tool.name}-${name}`, name, schema, required.includes(name)),
  );
  const button = make("button", { id: callId(tool.name) }, "Call");

  const form = make("form", {}, ...fields.map(({ element }) => element), button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const entries = fields.map(({ name, value }) => [name, value()]).filter(([, value]) => value !== undefined);
    // Not `disabled`, which would remove the focus from the button.
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    await call(tool.name, Object.fromEntries(entries));
    button.ariaDisabled = null;
  });

  const title = make("span", { className: "title" }, tool.title ?? tool.name);
  const summary = make("summary", {}, title, " ", make("code", {}, ...breakable(tool.name)));
  const answer = make("output", { id: outputId(tool.name), ariaLabel: `Answer of ${tool.name}` });
  const description = make("p", { className: "quiet" }, tool.description ?? "");
  const details = make("details", {}, summary, description, form, answer);
  details.addEventListener("toggle", () => {
    if (details.open) standOut(answer.querySelector("button") ?? button);
  });
  return details;
}

/** A labelled control for one property, and a function that reads it. An empty optional property is left out. */
function field(id, name, schema, required) {
  const { control, read } = controlFor(schema, required);
  control.id = id;
  const hint = [schema.description, !required && "optional"].filter(Boolean).join(", ");
  const label = make("label", { htmlFor: id }, name, " ", make("span", { className: "quiet" }, hint));
  if (control.type === "checkbox") {
    return { name, element: make("div", { className: "check" }, control, label), value: read };
  }
  return {
    name,
    element: make("div", {}, label, control),
    value: () => (control.value === "" && !required ? undefined : read()),
  };
}

function controlFor(schema, required) {
  if (schema.enum) {
    const options = schema.enum.map((value, index) => make("option", { value: index }, String(value)));
    if (!required) options.unshift(make("option", { value: "" }, "–"));
    const control = make("select", {}, ...options);
    return { control, read: () => schema.enum[control.value] };
  }
  switch (schema.type) {
    case "boolean": {
      const control = make("input", { type: "checkbox", checked: schema.default ?? false });
      return { control, read: () => control.checked };
    }
    case "number":
    case "integer": {
      const step = schema.type === "integer" ? 1 : "any";
      const control = make("input", { type: "number", step, required, value: schema.default ?? "" });
      return { control, read: () => control.valueAsNumber };
    }
    case "string": {
      const filled = required && schema.minLength > 0;
      const control = make("input", { type: "text", required: filled, value: schema.default ?? "" });
      return { control, read: () => control.value };
    }
    default: {
      const value = schema.default === undefined ? "" : JSON.stringify(schema.default);
      const control = make("textarea", { required, rows: 3, placeholder: "JSON", value });
      control.addEventListener("input", () => {
        control.setCustomValidity(control.value === "" || isJson(control.value) ? "" : "This is not JSON.");
      });
      return { control, read: () => JSON.parse(control.value) };
    }
  }
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
