// A sequence diagram in HTML: a list of messages for a screen reader, lanes with arrows for the eye. Each message
// opens (native <details>) and shows its parameters, its rule and the check. The drawing is style.css's.

import { make } from "./dom.js";

/** @typedef {"mcp" | "page" | "popup" | "server"} Lane */

/** In the order in which they are drawn, as a screen reader says them. */
const LANES = { mcp: "MCP server", page: "this page", popup: "popup", server: "authorization server" };

export class Sequence {
  #list;
  #log;
  #lanes;
  #empty;
  #clear;
  #started;

  /** @param {HTMLElement} root the section that holds it all */
  constructor(root) {
    this.#list = root.querySelector("ol");
    this.#log = root.querySelector("[role=log]");
    this.#lanes = root.querySelector(".lanes");
    this.#empty = root.querySelector(".empty");
    this.#clear = root.querySelector("button");
    this.#clear.addEventListener("click", () => this.clear());
    this.#follow();
  }

  /** Says who is at a lane. */
  name(lane, text) {
    this.#lanes.querySelector(`[data-lane=${lane}] .quiet`).textContent = text;
  }

  /** Draws a message from one lane to another, and gives what its answer is drawn with. */
  message({ from, to, title, text = "", oneWay = false }) {
    const message = new Message(`${LANES[from]} to ${LANES[to]}: `, { title, text });
    const lanes = Object.keys(LANES);
    const { item } = message;
    item.dataset.between = lanes.filter((lane) => lane === from || lane === to).join("-");
    item.classList.toggle("leftwards", lanes.indexOf(from) > lanes.indexOf(to));
    item.classList.toggle("one-way", oneWay);
    this.#add(item);
    return message;
  }

  /** Something that happens in this page. */
  note(title, text = "", { failed = false } = {}) {
    const note = make("p", {}, make("span", { className: "title" }, title), " ", make("span", { className: "quiet" }, text));
    const item = this.#add(make("li", { className: "note" }, note));
    item.classList.toggle("failed", failed);
  }

  clear() {
    this.#list.replaceChildren();
    this.#started = undefined;
    this.#empty.hidden = false;
    this.#clear.disabled = true;
  }

  #add(item) {
    this.#started ??= performance.now();
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(2);
    item.querySelector(".title").before(make("span", { className: "time" }, `+${seconds} s`), " ");
    this.#empty.hidden = true;
    this.#clear.disabled = false;
    this.#list.append(item);
    return item;
  }

  /** Keeps the end in sight. Whoever scrolls up, or opens a message, is not torn away. */
  #follow() {
    let following = true;
    const log = this.#log;
    log.addEventListener("scroll", () => (following = log.scrollTop + log.clientHeight >= log.scrollHeight - 4));
    // `toggle` does not bubble.
    this.#list.addEventListener("toggle", () => (following = !this.#list.querySelector("details[open]")), { capture: true });
    new ResizeObserver(() => following && log.scrollTo(0, log.scrollHeight)).observe(this.#list);
  }
}

class Message {
  item = make("li", { className: "message" });
  #title;
  #answer = make("span", { className: "answer" });
  #parameters = make("div", { className: "parameters" });
  #rule = make("div", { className: "rule" });

  constructor(between, { title, text }) {
    this.#title = make("span", { className: "title" }, title);
    const label = make("span", { className: "label" }, make("span", { className: "unseen" }, between), this.#title, " ", make("code", {}, text));
    const arrow = (name) => make("span", { className: `arrow ${name}`, ariaHidden: "true" });
    const summary = make("summary", {}, label, arrow("there"), this.#answer, arrow("back"));
    this.item.append(make("details", {}, summary, make("div", { className: "explained" }, this.#rule, this.#parameters)));
  }

  set title(title) {
    this.#title.textContent = title;
  }

  /** The answer, in a few words; `failed` where it ends the way. */
  answer(text, { failed = false } = {}) {
    this.#answer.textContent = text;
    this.item.classList.add("answered");
    this.item.classList.toggle("failed", failed);
  }

  /** @param {{ why: string, rules: { text: string, href: string }[], check: string }} rule */
  explain({ why, rules, check }) {
    const links = rules.map(({ text, href }) => make("li", {}, make("a", { href, target: "_blank", rel: "noreferrer" }, text)));
    this.#rule.replaceChildren(
      make("p", {}, why),
      make("p", { className: "name" }, "Checked"),
      make("p", {}, check),
      make("p", { className: "name" }, "Rules"),
      make("ul", { className: "plain" }, ...links),
    );
  }

  /**
   * Parameters below a heading; once more with the same heading replaces them.
   *
   * @param {string} heading
   * @param {import("./redact.js").Row[]} rows
   */
  show(heading, rows) {
    if (rows.length === 0) return;
    const list = rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
    const part = make("div", {}, make("p", { className: "name" }, heading), make("dl", {}, ...list));
    part.dataset.heading = heading;
    const old = [...this.#parameters.children].find(({ dataset }) => dataset.heading === heading);
    if (old) old.replaceWith(part);
    else this.#parameters.append(part);
  }
}
