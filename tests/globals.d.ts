// Declarations that tsc can't infer.

/** Globals of the test pages. Tests run code in these pages. */
declare var app: any;
declare var axe: any;
declare var changes: string[];
declare var declined: Promise<string>;
declare var diagnose: () => Promise<import("mcp-authorize").McpDiagnosis>;
declare var ending: any;
declare var hasFocus: boolean;
declare var heard: any[];
declare var kept: Element;
declare var openUrl: () => Promise<string>;
declare var own: import("mcp-authorize").McpAuthorizer;
declare var cancelFirst: boolean;
declare var responses: any[];
declare var running: () => Promise<any>;
declare var seen: Record<string, string[]>;
declare var session: import("mcp-authorize").McpSession;
declare var signingIn: Promise<any>;
declare var victim: Window;

/** A compiled module, as imported in Cloudflare Workers. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** Compiled components. */
declare module "*.svelte" {
  const component: import("svelte").Component;
  export default component;
}
declare module "*.vue" {
  const component: import("vue").Component;
  export default component;
}

/** Modules that a test's server generates. */
declare module "/*";
