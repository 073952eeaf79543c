// The functions of a WebAssembly module by size. It needs names, which the output of cargo has and the published module
// does not.

import { readFileSync } from "node:fs";

const [CUSTOM, IMPORTS, CODE] = [0, 2, 10];
const FUNCTION_NAMES = 1;

/** `[{ name, bytes }]`, the biggest first (WebAssembly core specification §5.4 and §7.4.1). */
export function functions(file) {
  const module = new Reader(readFileSync(file), 8);
  const [names, sizes] = [new Map(), []];
  let imported = 0;
  while (module.more()) {
    const section = module.byte();
    const content = module.part();
    if (section === IMPORTS) imported = importedFunctions(content);
    if (section === CODE) for (let left = content.number(); left > 0; left -= 1) sizes.push(content.part().length);
    if (section === CUSTOM && content.text() === "name") readNames(content, names);
  }
  const all = sizes.map((bytes, index) => ({ name: readable(names.get(index + imported) ?? "?"), bytes }));
  return all.sort((a, b) => b.bytes - a.bytes);
}

/** wasm-bindgen's modules import only functions. */
const importedFunctions = (section) => section.number();

function readNames(section, names) {
  while (section.more()) {
    const kind = section.byte();
    const content = section.part();
    if (kind !== FUNCTION_NAMES) continue;
    for (let left = content.number(); left > 0; left -= 1) names.set(content.number(), content.text());
  }
}

/** The words of a name in Rust's v0 mangling, each preceded by its length. A long one is a hash. */
function readable(name) {
  if (!name.startsWith("_R")) return name;
  const words = [];
  for (const digits = /\d+/g; ;) {
    const found = digits.exec(name);
    if (!found) break;
    const word = name.substr(digits.lastIndex, Number(found[0]));
    if (word.length !== Number(found[0]) || word.length > 50 || !/^[a-z]\w+$/i.test(word)) continue;
    digits.lastIndex += word.length;
    if (word !== "mcp_authorize") words.push(word);
  }
  return words.join("::");
}

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get length() {
    return this.bytes.length;
  }

  more() {
    return this.at < this.bytes.length;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** LEB128. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** A part that is preceded by its length. */
  part() {
    const length = this.number();
    this.at += length;
    return new Reader(this.bytes.subarray(this.at - length, this.at));
  }

  text() {
    return this.part().bytes.toString();
  }
}
