// Makes elements. Text stays text: what a server sends never becomes HTML.

/** @type {(id: string) => any} the element of the page with that id, of any type */
export const find = (id) => document.getElementById(id);

/** `make("a", { href: "/" }, "home")`: an element with properties and children, texts or elements. */
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/**
 * A text that may be broken after its punctuation, to be spread into `make`. So no word of a key, a code or a URL is broken,
 * except random ones that are too long for a line. Neither is an IP address or a date. What is copied is the text itself.
 */
export const breakable = (text) =>
  String(text)
    .split(/(?<=[_/.:,=&?@-])(?!(?<=\d[.-])\d)(?=[\p{L}\p{N}]{1,24}(?![\p{L}\p{N}]))/u)
    .flatMap((part, index) => (index > 0 ? [make("wbr"), part] : [part]));
