// `npm run site`: writes the demo page as a folder of files for any web server, also below a path (GitHub Pages). It
// has no servers of its own there: the user enters the URL of one.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../www/servers/bundle.mjs";
import { clientMetadata } from "../www/servers/client.mjs";
import { contentSecurityPolicy, TYPES } from "../www/servers/static.mjs";
import { build } from "./build.mjs";
import { Failure, isMain, main, root, step } from "./run.mjs";

const HELP = `Usage: npm run site -- [--out FOLDER] [--url URL]

Writes the demo page as a static site that works with any MCP server.

  --out FOLDER   the folder to write to (default: out/site); its old content is removed
  --url URL      the https URL that the site will have: the page then gets a client ID metadata document there`;

/**
 * @param {object} options
 * @param {string} options.out the folder to write
 * @param {string} [options.url] where the folder will be on the web
 */
export async function site({ out, url }) {
  const home = url && new URL(url.endsWith("/") ? url : `${url}/`);
  if (home && home.protocol !== "https:") throw new Failure(`--url must be https, not ${url}`);
  rmSync(out, { recursive: true, force: true });

  const write = (path, content) => {
    const file = join(out, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  const copy = (from, to, names) => {
    for (const name of names) {
      if (!(extname(name) in TYPES)) continue;
      const content = readFileSync(join(root, from, name));
      write(join(to, name), extname(name) === ".html" ? withPolicy(content.toString()) : content);
    }
  };
  for (const folder of [".", "app", "show"]) copy(join("www", folder), folder, readdirSync(join(root, "www", folder)));
  const published = readdirSync(join(root, "pkg"), { encoding: "utf8", recursive: true });
  copy(
    "pkg",
    "pkg",
    published.filter((name) => /\.(js|wasm)$/.test(name)),
  );
  write("vendor/mcp-client.js", await bundle("@modelcontextprotocol/client"));

  const documentUrl = home && new URL("client.json", home).href;
  write("config.json", JSON.stringify(documentUrl ? { clientIdMetadataUrl: documentUrl } : {}));
  if (documentUrl) {
    const metadata = clientMetadata(new URL("callback.html", home).href);
    write("client.json", JSON.stringify({ client_id: documentUrl, client_uri: home.href, ...metadata }, null, 2));
  }
}

/** Static web hosts may not allow own headers, so the page contains its policy. */
function withPolicy(html) {
  const policy = contentSecurityPolicy(html).filter((directive) => !directive.startsWith("frame-ancestors"));
  return html.replace(
    /<meta charset="utf-8">/,
    `$&\n    <meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">`,
  );
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({
      options: {
        out: { type: "string", default: join(root, "out", "site") },
        url: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return console.log(HELP);
    await build();
    const out = resolve(values.out);
    await step("Writing the site", () => site({ out, url: values.url }));
    console.log(`The site is in ${relative(process.cwd(), out) || "."}: copy it to any web server.`);
  });
}
