// The consumers of the package: bundlers, frameworks and runtimes. Each has a folder here with the user's files; its
// package.json has the commands.

const page = ["page"];
const program = ["program", "page"];

/**
 * @typedef {object} Consumer
 * @property {string} name
 * @property {string} project its folder
 * @property {string[]} [shared] other folders whose files it uses, unless it has its own
 * @property {string} [entry] what it imports instead of `mcp-authorize`
 * @property {string[]} [without] files of its folder to leave out
 * @property {boolean} [build] whether to run `npm run build`
 * @property {string} [folder] the folder that is served to the browser as it is
 * @property {string} [server] or the command that starts its server
 * @property {string} [program] or the command of a program that prints the answer
 * @property {string} [query] more parameters for the page's URL
 * @property {string} [answer] what the page shows after the sign-in
 * @property {string} [refusal] the error that the page shows, if it must fail
 * @property {boolean} [quick] whether `npm test` runs it, too
 */

/** @type {Consumer[]} */
export const CONSUMERS = [
  { name: "Vite 8, development server", project: "vite-8", shared: page, server: "dev" },
  { name: "Vite 8", project: "vite-8", shared: page, build: true, folder: "dist", quick: true },
  { name: "Vite 7, development server", project: "vite-7", shared: page, server: "dev" },
  {
    name: "Vite 7, development server, without optimizeDeps.exclude: the error names it",
    project: "vite-7",
    shared: page,
    without: ["vite.config.js"],
    server: "dev",
    refusal: 'add optimizeDeps: { exclude: ["mcp-authorize"] }',
  },
  {
    name: "Vite 7, development server, inline",
    project: "vite-7",
    shared: page,
    entry: "mcp-authorize/inline",
    without: ["vite.config.js"],
    server: "dev",
  },
  { name: "Vite 7", project: "vite-7", shared: page, build: true, folder: "dist" },
  { name: "webpack 5", project: "webpack-5", shared: page, build: true, folder: "dist" },
  {
    name: "esbuild, inline",
    project: "esbuild",
    shared: page,
    entry: "mcp-authorize/inline",
    build: true,
    folder: "dist",
    quick: true,
  },
  {
    name: "Rollup, inline",
    project: "rollup",
    shared: page,
    entry: "mcp-authorize/inline",
    build: true,
    folder: "dist",
  },
  { name: "no bundler, import map", project: "import-map", shared: page, folder: ".", quick: true },
  { name: "Next.js, React hook, development server", project: "next", shared: page, server: "dev" },
  { name: "Next.js, React hook", project: "next", shared: page, build: true, server: "start" },
  { name: "Vue 3.3", project: "vue-3.3", shared: ["vue", "page"], build: true, folder: "dist" },
  { name: "Vue 3", project: "vue", shared: page, build: true, folder: "dist" },
  { name: "Svelte 5", project: "svelte", shared: page, build: true, folder: "dist" },
  { name: "Svelte 4", project: "svelte-4", shared: ["svelte", "page"], build: true, folder: "dist" },
  { name: "module worker (Vite 8)", project: "worker", shared: page, build: true, folder: "dist", quick: true },
  {
    name: "service worker (esbuild), inline",
    project: "service-worker",
    shared: page,
    entry: "mcp-authorize/inline",
    build: true,
    folder: "dist",
  },
  ...["client-2", "sdk-1", "ai-sdk"].map((sdk) => ({
    name: `examples/mcp-sdks, ${sdk}`,
    project: "../../examples/mcp-sdks",
    build: true,
    folder: "dist",
    query: `&sdk=${sdk}`,
    answer: "whoami, add, list_notes, write_note",
  })),
  { name: "Cloudflare Workers (workerd)", project: "workerd", shared: program, program: "start" },
  { name: "Node.js 20", project: "node-20", shared: program, program: "start" },
  { name: "Node.js 22", project: "node-22", shared: program, program: "start" },
  { name: "Deno", project: "deno", shared: program, program: "start" },
];
