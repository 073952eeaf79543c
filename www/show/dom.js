// Elements made in script. Text goes in as text: what a server says never becomes HTML.

/** @type {(id: string) => any} the element of the page with that id, of whichever kind */
export const find = (id) => document.getElementById(id);

/** `make("a", { href: "/" }, "home")`: an element with properties and children, texts or elements. */
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/**
 * A text that may be broken after its punctuation, so that no word of a key, a code or a URL is: to be spread into
 * `make`. What is copied has nothing in between.
 */
export const breakable = (text) =>
  String(text)
    .split(/(?<=[_/.:,=&?@-])(?=[\p{L}\p{N}])/u)
    .flatMap((part, index) => (index > 0 ? [make("wbr"), part] : [part]));
