// A sequence diagram in HTML: a list of messages for screen readers, drawn as lanes with arrows by style.css. Each message can be
// opened (native <details>), and shows its parameters, its rules and the checks.

import { breakable, make } from "./dom.js";
import { RULES } from "./rules.js";

/** @typedef {"mcp" | "page" | "popup" | "server"} Lane */

/** The lanes in drawing order, with the names for screen readers. */
const LANES = { mcp: "MCP server", page: "this page", popup: "sign-in page", server: "authorization server" };

/** The key in this tab's sessionStorage, where the diagram survives redirects and reloads. */
const KEY = "sequence";

export class Sequence {
  /** Everything that was drawn, as calls that draw it again: [number of the message, method, arguments]. */
  #history = [];
  /** @type {Message[]} */
  #messages = [];
  #list;
  #log;
  #lanes;
  #empty;
  #preview;
  #clear;
  #started;

  /** @param {HTMLElement} root the section that holds it all */
  constructor(root) {
    this.#list = root.querySelector("ol");
    this.#log = root.querySelector("[role=log]");
    this.#lanes = root.querySelector(".lanes");
    this.#empty = root.querySelector(".empty");
    this.#preview = root.querySelector(".preview");
    this.#clear = root.querySelector("button");
    this.#clear.addEventListener("click", () => this.clear());
    this.#follow();
    this.#restore();
    addEventListener("pagehide", () => this.#keep());
  }

  /** Sets the host of a lane. */
  name(lane, text) {
    this.#record(null, "name", lane, text);
    this.#lanes.querySelector(`[data-lane=${lane}] .quiet`).replaceChildren(...breakable(text));
  }

  /** Draws a message from one lane to another. Returns the object that draws its answer. */
  message({ from, to, title, text = "", oneWay = false, at = this.#now() }) {
    this.#record(null, "message", { from, to, title, text, oneWay, at });
    const number = this.#messages.length;
    const message = new Message({ from, to, title, text }, (...call) => this.#record(number, ...call));
    message.item.classList.toggle("one-way", oneWay);
    message.sentAt = this.#started + at;
    this.#messages.push(message);
    this.#add(message.item, at);
    return message;
  }

  /** The last message of a step, if it waits for its answer. */
  unanswered(step) {
    const last = this.#messages.findLast((message) => message.step === step);
    return last?.item.classList.contains("answered") ? undefined : last;
  }

  /** Something that happens in this page. */
  note(title, text = "", { failed = false, at = this.#now() } = {}) {
    this.#record(null, "note", title, text, { failed, at });
    const note = make(
      "p",
      {},
      make("span", { className: "title" }, ...breakable(title)),
      " ",
      make("span", { className: "quiet" }, ...breakable(text)),
    );
    const item = make("li", { className: "note" }, note);
    item.classList.toggle("failed", failed);
    this.#add(item, at);
  }

  /**
   * Shows what will happen, until something happens. It is outside of the log, and can't be opened: nothing was sent.
   *
   * @param {{ from: Lane, to: Lane, title: string }[]} steps
   */
  preview(steps) {
    if (this.#history.length > 0) return;
    const items = steps.map((step, index) => {
      const { item, label, there } = drawing(step);
      item.style.setProperty("--step", String(index));
      item.append(label, there);
      return item;
    });
    const heading = make("p", { className: "what" }, "What will happen when you sign in");
    this.#preview.replaceChildren(heading, make("ol", { className: "plain lifelines" }, ...items));
    this.#preview.hidden = false;
  }

  clear() {
    this.#list.replaceChildren();
    this.#history = [];
    this.#messages = [];
    this.#started = undefined;
    this.#empty.hidden = false;
    this.#clear.disabled = true;
  }

  /** Milliseconds since the diagram began. */
  #now() {
    this.#started ??= Date.now();
    return Date.now() - this.#started;
  }

  #add(item, at) {
    item.querySelector(".title").before(make("span", { className: "time" }, `+${(at / 1000).toFixed(2)} s`), " ");
    this.#empty.hidden = this.#preview.hidden = true;
    this.#clear.disabled = false;
    this.#list.append(item);
  }

  #record(...call) {
    this.#history.push(call);
  }

  /** Stores what is shown. Secrets were removed before (redact.js). */
  #keep() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ started: this.#started, history: this.#history }));
    } catch {
      // The storage is blocked or full: the diagram is lost.
    }
  }

  #restore() {
    try {
      const { started, history } = JSON.parse(sessionStorage.getItem(KEY)) ?? { history: [] };
      this.#started = started;
      for (const [number, method, ...given] of history) (this.#messages[number] ?? this)[method](...given);
    } catch {
      this.clear();
    }
  }

  /** Scrolls to the end, unless the user has scrolled up or opened a message. */
  #follow() {
    let following = true;
    const log = this.#log;
    // A scroll event comes late: the list may have grown since. What counts is the end that was scrolled to.
    let end = 0;
    log.addEventListener("scroll", () => (following = log.scrollTop + log.clientHeight >= end - 4));
    // `click` comes before the list grows, and `toggle`, which does not bubble, afterwards.
    this.#list.addEventListener("click", () => (following = false));
    this.#list.addEventListener("toggle", () => (following = !this.#list.querySelector("details[open]")), {
      capture: true,
    });
    new ResizeObserver(() => {
      end = log.scrollHeight;
      if (following) log.scrollTo(0, end);
    }).observe(this.#list);
  }
}

/** The parts of a drawn message: its position between the lanes, its title and its first arrow. */
function drawing({ from, to, title: text }) {
  const item = make("li", { className: "message" });
  const lanes = Object.keys(LANES);
  item.dataset.between = lanes.filter((lane) => lane === from || lane === to).join("-");
  item.classList.toggle("leftwards", lanes.indexOf(from) > lanes.indexOf(to));
  const title = make("span", { className: "title" }, text);
  const between = make("span", { className: "unseen" }, `${LANES[from]} to ${LANES[to]}: `);
  return { item, title, label: make("span", { className: "label" }, between, title), there: arrow("there") };
}

const arrow = (name) => make("span", { className: `arrow ${name}`, ariaHidden: "true" });

class Message {
  item;
  /** Milliseconds since 1970. */
  sentAt;
  step;
  #record;
  #title;
  #answer = make("span", { className: "answer" });
  #parameters = make("div", { className: "parameters" });
  #rule = make("div", { className: "rule" });
  /** @type {import("./rules.js").Rule["checks"]} */
  #checks = [];
  #checked = make("ul", { className: "checks" });

  /** `record` gets each call. */
  constructor({ from, to, title, text }, record) {
    this.#record = record;
    const drawn = drawing({ from, to, title });
    this.item = drawn.item;
    this.#title = drawn.title;
    drawn.label.append(" ", make("code", {}, ...breakable(text)));
    const summary = make("summary", {}, drawn.label, drawn.there, this.#answer, arrow("back"));
    this.item.append(
      make("details", {}, summary, make("div", { className: "explained" }, this.#rule, this.#parameters)),
    );
  }

  /** What it waits for. */
  wait(text) {
    this.#record("wait", text);
    this.#answer.textContent = text;
  }

  /** The answer, in a few words; `failed` if it ends the sign-in. */
  answer(text, { failed = false } = {}) {
    this.#record("answer", text, { failed });
    this.#answer.textContent = text;
    this.item.classList.add("answered");
    this.item.classList.toggle("failed", failed);
  }

  /** Shows the rules and checks of its step. `title` overrides the title of the rule. */
  explain(step, title = RULES[step].title) {
    this.#record("explain", step, title);
    this.step = step;
    const { why, rules, checks } = RULES[step];
    this.#title.textContent = title;
    this.#checks = checks;
    const links = rules.map(({ text, href }) =>
      make("li", {}, make("a", { href, target: "_blank", rel: "noreferrer" }, text)),
    );
    this.#rule.replaceChildren(
      make("p", {}, why),
      make("p", { className: "name" }, "Checked"),
      this.#checked,
      make("p", { className: "name" }, "Rules"),
      make("ul", { className: "plain" }, ...links),
    );
    this.#check();
  }

  /** Shows what was wrong with it. */
  refuse(text) {
    this.#record("refuse", text);
    this.item.classList.add("failed");
    this.#checked.after(make("p", { className: "refused" }, ...breakable(text)));
  }

  /** Shows each check with the value of its field. Without the field, the check was not made. */
  #check() {
    const names = [...this.#parameters.querySelectorAll("dt")];
    const values = new Map(names.map((name) => [name.textContent, name.nextSibling.textContent]));
    const isAnswered = this.item.classList.contains("answered");
    const made = this.#checks.filter(([, field]) => !field || values.has(field) || !isAnswered);
    const subject = (field) => [
      make("code", {}, ...breakable(field.replace("· ", ""))),
      " ",
      make("code", { className: "quiet" }, ...breakable(values.get(field) ?? "")),
      " ",
    ];
    this.#checked.replaceChildren(
      ...made.map(([text, field]) => make("li", {}, ...(field ? subject(field) : []), text)),
    );
  }

  /**
   * Shows parameters below a heading. The same heading again replaces them.
   *
   * @param {string} heading
   * @param {import("./redact.js").Row[]} rows
   */
  show(heading, rows) {
    if (rows.length === 0) return;
    this.#record("show", heading, rows);
    const list = rows.map(([name, value]) =>
      make("div", {}, make("dt", {}, ...breakable(name)), make("dd", {}, ...breakable(value))),
    );
    const part = make("div", {}, make("p", { className: "name" }, heading), make("dl", {}, ...list));
    part.dataset.heading = heading;
    const old = [...this.#parameters.children].find(({ dataset }) => dataset.heading === heading);
    if (old) old.replaceWith(part);
    else this.#parameters.append(part);
    this.#check();
  }
}
