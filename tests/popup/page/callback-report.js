// Reports what the callback page shows, and its URL.
import { report } from "/report.js";

const root = document.documentElement;
const tell = () =>
  report("callback", { state: root.dataset.mcpAuthorize, text: root.innerText, address: location.href });
new MutationObserver(tell).observe(root, { attributeFilter: ["data-mcp-authorize"] });
addEventListener("pagehide", () => report("callback-gone"));
