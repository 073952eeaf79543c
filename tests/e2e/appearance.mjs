// Takes screenshots of pages for people to look at, and checks layout, contrast and accessibility.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe from "axe-core";

const folder = fileURLToPath(new URL("../../out/screenshots/", import.meta.url));
mkdirSync(folder, { recursive: true });

const COLOURS = { light: { colorScheme: "light" }, dark: { colorScheme: "dark" }, forced: { forcedColors: "active" } };
const HEIGHTS = { 360: 740, 768: 1024, 1440: 900 };

/** A selection with each colour scheme and each width. ALL_LOOKS=1 takes all combinations. */
const SOME = ["light-360", "light-1440", "dark-360", "dark-768", "forced-1440"];

/** The colour schemes and widths to check, as options of a browser context. */
export const LOOKS = Object.entries(COLOURS)
  .flatMap(([colours, options]) =>
    Object.entries(HEIGHTS).map(([width, height]) => ({
      look: `${colours}-${width}`,
      options: /** @type {import("playwright-core").BrowserContextOptions} */ ({
        ...options,
        reducedMotion: "reduce",
        viewport: { width: Number(width), height },
      }),
    })),
  )
  .filter(({ look }) => process.env.ALL_LOOKS || SOME.includes(look));

/**
 * Takes a screenshot and checks the page.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} state what the page shows
 * @param {string} look one of `LOOKS`
 */
export async function lookAt(page, state, look) {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${folder}${state}-${look}.png`, fullPage: true });
  await looksRight(page, state);
}

/** `state` names what the page shows. */
async function looksRight(page, state) {
  const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(fits, `${state}: the page scrolls sideways (WCAG 2.2 §1.4.10)`);
  const faint = await page.evaluate(faintTexts);
  assert.deepEqual(faint, [], `${state}: texts with a contrast below 4.5 (WCAG 2.2 §1.4.3)`);
  const broken = await page.evaluate(brokenWords);
  assert.deepEqual(broken, [], `${state}: words broken across lines`);
  const nameless = await page.evaluate(namelessControls);
  assert.deepEqual(nameless, [], `${state}: controls without a label (WCAG 2.2 §4.1.2)`);
  assert.deepEqual(await violations(page), [], `${state}: violations found by axe-core`);
}

/**
 * The violations that axe-core finds. It is injected with `evaluate`, because the page's policy allows no other script.
 */
async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => (await window.axe.run()).violations);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  );
}

/** Texts with too little contrast to their background. Runs in the page. */
function faintTexts() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const pixel = canvas.getContext("2d", { willReadFrequently: true });
  const channels = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = channels(color).map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 255 ? backgroundColor : background(element.parentElement);
  };
  const faint = [];
  for (const element of document.querySelectorAll("body, body *")) {
    const hasText = [...element.childNodes].some((node) => node instanceof Text && node.data.trim());
    if (!hasText || !element.checkVisibility() || element.matches(":disabled")) continue;
    const [low, high] = [luminance(getComputedStyle(element).color), luminance(background(element))].sort(
      (a, b) => a - b,
    );
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) faint.push(`${element.textContent.trim()}: ${contrast.toFixed(1)}`);
  }
  return faint;
}

/**
 * Words of up to 16 characters that are broken across lines. Longer ones are random IDs, which may be broken. Runs in
 * the page.
 */
function brokenWords() {
  const broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!text.parentElement.checkVisibility() || text.parentElement.closest(".unseen")) continue;
    // A word may be broken at a soft hyphen.
    for (const { 0: word, index } of text.nodeValue.matchAll(
      /(?<![\p{L}\p{N}\u00ad])[\p{L}\p{N}\u00ad]{1,16}(?![\p{L}\p{N}\u00ad])/gu,
    )) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const lines = new Set([...range.getClientRects()].filter(({ width }) => width > 1).map(({ top }) => top));
      if (lines.size > 1 && !word.includes("\u00ad")) broken.push(`${word} in ${text.parentElement.textContent}`);
    }
  }
  return broken;
}

/** Controls that a screen reader can't name. Runs in the page. */
function namelessControls() {
  return [...document.querySelectorAll("input, select, textarea, button")]
    .filter(
      (/** @type {any} */ control) =>
        control.checkVisibility() && !control.labels?.length && !control.textContent.trim(),
    )
    .map((control) => control.outerHTML);
}
