// What tsc can't see by itself.

/** What the tests' pages have for the tests, whose code runs in them. */
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

/** As Cloudflare Workers import it: compiled. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** Components, as their compilers make them. */
declare module "*.svelte" {
  const component: import("svelte").Component;
  export default component;
}
declare module "*.vue" {
  const component: import("vue").Component;
  export default component;
}

/** What a test's server makes. */
declare module "/*";
