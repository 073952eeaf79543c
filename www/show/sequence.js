// A sequence diagram in HTML: a list of messages for a screen reader, lanes with arrows for the eye. Each message
// opens (native <details>) and shows its parameters, its rule and the check. The drawing is style.css's.

import { breakable, make } from "./dom.js";
import { RULES } from "./rules.js";

/** @typedef {"mcp" | "page" | "popup" | "server"} Lane */

/** In the order in which they are drawn, as a screen reader says them. */
const LANES = { mcp: "MCP server", page: "this page", popup: "popup", server: "authorization server" };

/** Where it is kept while the page is elsewhere or loads again: for this tab alone. */
const KEY = "sequence";

export class Sequence {
  /** All that was drawn, as calls that draw it: [number of the message, method, arguments]. */
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

  /** Says who is at a lane. */
  name(lane, text) {
    this.#record(null, "name", lane, text);
    this.#lanes.querySelector(`[data-lane=${lane}] .quiet`).replaceChildren(...breakable(text));
  }

  /** Draws a message from one lane to another, and gives what its answer is drawn with. */
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
   * What will happen, until something does. It is outside of the log, and nothing of it opens: nothing was sent.
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

  /** Milliseconds since its begin. */
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

  /** What is kept is what is shown: secrets were left out before they came here (redact.js). */
  #keep() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ started: this.#started, history: this.#history }));
    } catch {
      // Blocked, or too much: then it is gone.
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

  /** Keeps the end in sight. Whoever scrolls up, or opens a message, is not torn away. */
  #follow() {
    let following = true;
    const log = this.#log;
    log.addEventListener("scroll", () => (following = log.scrollTop + log.clientHeight >= log.scrollHeight - 4));
    // Before it grows by what opens; and `toggle`, which does not bubble, when it has.
    this.#list.addEventListener("click", () => (following = false));
    this.#list.addEventListener("toggle", () => (following = !this.#list.querySelector("details[open]")), {
      capture: true,
    });
    new ResizeObserver(() => following && log.scrollTo(0, log.scrollHeight)).observe(this.#list);
  }
}

/** What a message is drawn with: its place between the lanes, its title and its first arrow. */
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

  /** The answer, in a few words; `failed` where it ends the way. */
  answer(text, { failed = false } = {}) {
    this.#record("answer", text, { failed });
    this.#answer.textContent = text;
    this.item.classList.add("answered");
    this.item.classList.toggle("failed", failed);
  }

  /** Which step it is: its rule and its checks. `title` where it has another one than the rule's. */
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

  /** What was wrong with it. */
  refuse(text) {
    this.#record("refuse", text);
    this.item.classList.add("failed");
    this.#checked.after(make("p", { className: "refused" }, ...breakable(text)));
  }

  /** Each check, with what it was made of. One of a field that the answer does not have was not made. */
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
   * Parameters below a heading; once more with the same heading replaces them.
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
