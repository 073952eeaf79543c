// The page's web server: serves a few folders, and texts that are made when the server starts.

import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";

export const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  // Only with this type do browsers compile WebAssembly while they download it.
  ".wasm": "application/wasm",
};

/**
 * @param {object} options
 * @param {Record<string, string>} options.folders folders by URL path; the longest path wins
 * @param {Record<string, string>} options.made texts by URL path
 * @returns {import("node:http").RequestListener}
 */
export function staticServer({ folders, made }) {
  const mounts = Object.entries(folders).sort(([a], [b]) => b.length - a.length);

  return async (request, response) => {
    try {
      if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405, { Allow: "GET, HEAD" });
      const path = new URL(request.url, "http://localhost").pathname.replace(/\/$/, "/index.html");
      const body = made[path] ?? (await find(mounts, path));
      if (body === undefined) return end(response, 404);
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      const policy =
        extname(path) === ".html" ? { "Content-Security-Policy": contentSecurityPolicy(body).join("; ") } : {};
      end(response, 200, { "Content-Type": type, ...policy }, request.method === "HEAD" ? undefined : body);
    } catch {
      end(response, 400);
    }
  };
}

async function find(mounts, path) {
  const mount = mounts.find(([prefix]) => path.startsWith(prefix));
  if (!mount) return undefined;
  const [prefix, folder] = mount;
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, decodeURIComponent(path.slice(prefix.length))));
    // Neither `..` nor a symbolic link can leave the folder, and only web files are served.
    if (!file.startsWith(root + sep) || !(extname(file) in TYPES)) return undefined;
    return await readFile(file);
  } catch {
    return undefined;
  }
}

/**
 * Scripts and styles only from this origin, and none inline except the import map, which the policy allows by its hash.
 * `wasm-unsafe-eval` allows WebAssembly but not `eval`. The page calls servers that the user enters, so `connect-src` allows
 * all.
 *
 * @returns {string[]} its directives
 */
export function contentSecurityPolicy(html) {
  const maps = [...html.toString().matchAll(/<script type="importmap">([^]*?)<\/script>/g)];
  const hashes = maps.map(([, map]) => `'sha256-${createHash("sha256").update(map).digest("base64")}'`);
  return [
    "default-src 'none'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...hashes].join(" "),
    "style-src 'self'",
    "img-src 'self'",
    "connect-src *",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
}

function end(response, status, headers = {}, body) {
  response.writeHead(status, {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(body);
}
