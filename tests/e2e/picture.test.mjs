// docs/demo.png, the picture in the README, is taken here and must match the page. UPDATE_SCREENSHOT=1 updates it.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as zlib from "node:zlib";
import { callTool, launchBrowser, openPage, signIn, startDemo, textIn } from "./browser.mjs";

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PICTURE = root("docs/demo.png");
/** High enough for the whole page. */
const SIZE = { width: 1280, height: 1600 };

/** The keyword of the PNG's text chunk that describes the picture (PNG §11.3.3.2). */
const KEYWORD = "Description";

let browser, demo;
before(async () => {
  browser = await launchBrowser();
  demo = await startDemo();
});
after(async () => {
  await browser.close();
  await demo.close();
});

/** Replaces texts that differ between runs (ports, times, IDs) and stops all timers. Runs in the page. */
function steady(ports) {
  for (let id = Number(setInterval(() => {})); id > 0; id -= 1) clearInterval(id);
  let place = 0;
  /** @type {[RegExp, any][]} */
  const fixed = [
    [/\d+ ms\b/g, "20 ms"],
    // The user's time counts from the seventh message.
    [/\+\d+\.\d\d s/g, () => `+${((place += 1) * 0.04 + (place > 6 ? 4.2 : 0)).toFixed(2)} s`],
    [/you took \d+\.\d s/g, "you took 4.2 s"],
  ];
  for (const [port, shown] of Object.entries(ports)) fixed.push([new RegExp(`\\b${port}\\b`, "g"), shown]);
  const replaced = (text) => fixed.reduce((text, [pattern, by]) => text.replace(pattern, by), text);
  document.getElementById("expiry").textContent = "Good for 4 min 57 s, then refreshed.";
  document.getElementById("client").textContent = "Ym3nVq0sT1kZ8wB4hXeR7uJcLd2gFo5PaQi6yNtKsUv";
  for (const input of document.querySelectorAll("input")) input.value = replaced(input.value);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) text.nodeValue = replaced(text.nodeValue);
}

/** A screenshot of the page after a tool call, and its accessible text. */
async function picture(t) {
  const context = await browser.newContext({
    colorScheme: "light",
    reducedMotion: "reduce",
    viewport: { ...SIZE, height: 1440 },
  });
  t.after(() => context.close());
  const page = await openPage(context, demo);
  await signIn(page);
  await callTool(page, "add", { a: 2, b: 40 });
  await textIn(page, "#steps li", "tools/call add");
  await page.waitForFunction(() => !document.querySelector("#steps > .message:not(.answered, .one-way)"));
  await page.locator("#tool-list summary").first().click(); // One open tool is enough.
  await page.locator("#tool-list details:not([open])").first().waitFor();
  const port = (url) => new URL(url).port;
  await page.evaluate(steady, { [port(demo.mcpUrl)]: "8401", [port(demo.issuer)]: "8402" });
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.move(0, 0);
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  const text = await page.locator("body").ariaSnapshot();
  const clip = { x: 0, y: 0, ...SIZE };
  return { png: await page.screenshot({ animations: "disabled", caret: "hide", clip, fullPage: true }), text };
}

/** The chunks of a PNG: `[type, data]` (PNG §5.3). */
function* chunks(png) {
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    yield [png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + length)];
    at += length + 12;
  }
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(zlib.crc32(body));
  return Buffer.concat([length, body, check]);
}

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
/** The header of an iTXt chunk: uncompressed, without language and translated keyword. */
const PREFIX = `${KEYWORD}\0\0\0\0\0`;

/** Adds the description to the picture, before its last chunk. */
function described(png, text) {
  const end = png.length - 12;
  return Buffer.concat([png.subarray(0, end), chunk("iTXt", Buffer.from(PREFIX + text)), png.subarray(end)]);
}

const descriptionOf = (png) =>
  [...chunks(png)]
    .filter(([type]) => type === "iTXt")
    .map(([, data]) => data.toString())
    .find((text) => text.startsWith(PREFIX))
    ?.slice(PREFIX.length);

// Pixels are not compared: other fonts change 6 % of them, and a missing diagram only 2 %. Instead, the picture
// contains a description.
test("docs/demo.png has the right size and shows all texts and controls of the current page", async (t) => {
  const { png, text } = await picture(t);
  if (process.env.UPDATE_SCREENSHOT) await writeFile(PICTURE, described(png, text));
  const kept = await readFile(PICTURE);
  const sizeOf = (png) => [png.readUInt32BE(16), png.readUInt32BE(20)];
  assert.deepEqual(sizeOf(kept), [SIZE.width, SIZE.height]);
  // Sorted, because parallel requests are drawn in any order.
  const lines = (text) =>
    text
      .replace(/\+\d+\.\d\d s/g, "")
      .split("\n")
      .map((line) => line.trim())
      .sort();
  assert.deepEqual(
    lines(descriptionOf(kept) ?? ""),
    lines(text),
    "outdated; UPDATE_SCREENSHOT=1 npm test -- --only e2e updates it",
  );
});
