// Gives what a WebAssembly module and its script call each other by short names, in place of
// wasm-bindgen's: those have hashes in them, which no compression makes smaller, and both files
// carry each.

const IMPORTS = 2;
const EXPORTS = 7;
const FUNCTION = 0;
/** Whoever has the module's instance may look at its size. */
const MEMORY = "memory";

/** The module and its script, with short names. */
export function shorten(wasm, script) {
  const names = new Map();
  const rename = (kind) => (name) => {
    if (name === MEMORY) return name;
    const key = `${kind} ${name}`;
    if (!names.has(key)) names.set(key, `$${names.size.toString(36)}`);
    return names.get(key);
  };
  const bytes = rewrite(wasm, rename("import"), rename("export"));
  let text = script;
  for (const [key, name] of names) {
    const [kind, long] = key.split(" ");
    // What is imported are the members of an object; what is exported, those of `wasm`.
    const place = kind === "import" ? `(^\\s+)${long}(?=: function)` : `(\\bwasm\\.)${long}\\b`;
    text = text.replace(new RegExp(place, "gm"), (_, before) => before + name);
  }
  return { wasm: bytes, script: text };
}

/** WebAssembly §5.5: a header, then sections of an id, a size and a body. */
function rewrite(wasm, importName, exportName) {
  const parts = [wasm.subarray(0, 8)];
  let at = 8;
  while (at < wasm.length) {
    const id = wasm[at];
    const [size, start] = number(wasm, at + 1);
    at = start + size;
    const section = wasm.subarray(start, at);
    const body =
      id === IMPORTS ? entries(section, 2, importName) : id === EXPORTS ? entries(section, 1, exportName) : section;
    parts.push(Buffer.from([id]), encoded(body.length), body);
  }
  return Buffer.concat(parts);
}

/** Imports (§5.5.5) are a module's name, a name, a kind and an index; exports (§5.5.10) the same without the module's. */
function entries(section, texts, rename) {
  let [count, at] = number(section, 0);
  const parts = [encoded(count)];
  for (; count > 0; count -= 1) {
    for (let text = 1; text <= texts; text += 1) {
      const [length, start] = number(section, at);
      at = start + length;
      const name = section.toString("utf8", start, at);
      if (text < texts && !name.endsWith("_bg.js")) throw new Error(`wasm-bindgen imports from ${name}, past its script`);
      const written = Buffer.from(text === texts ? rename(name) : name);
      parts.push(encoded(written.length), written);
    }
    if (texts === 2 && section[at] !== FUNCTION) throw new Error("wasm-bindgen imports something else than functions");
    const [, end] = number(section, at + 1);
    parts.push(section.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** An unsigned number (§5.2.2), and where it ends. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at];
    at += 1;
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
  }
}

function encoded(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
