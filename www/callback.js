import "./tell-response.js"; // the demo's own: the diagram shows what came back; an app needs the next line alone
import "mcp-authorize/callback";
