// Takes out of a module's table the functions that js-sys leaves there: one for each kind of closure that its bindings
// could take, and the wakers of its futures. What stands in the table nothing else removes, as it may be called by number.

const CLOSURE = /^wasm_bindgen\b.*::closures::_::invoke\b/;
const WAKER = /^js_sys\b.*::futures::/;

/** The module without them. `wasm` has its names; `script` shows whether closures are made after all. */
export async function withoutUncalled(wasm, script) {
  if (/\bmake(Mut)?Closure\(/.test(script)) return wasm;
  const { default: binaryen } = await import("binaryen"); // As in order.mjs.
  const module = binaryen.readBinary(wasm);
  try {
    for (let index = module.getNumElementSegments(); index > 0; index -= 1) {
      const { name, table, data, ...segment } = binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(index - 1));
      const uncalled = (text) => [CLOSURE, WAKER].some((pattern) => pattern.test(plain(text)));
      const called = data.find((text) => !uncalled(text));
      const offset = module.copyExpression(segment.offset);
      module.removeElementSegment(name);
      // Each keeps its number, so another function has to stand in.
      module.addActiveElementSegment(table, name, data.map((text) => (uncalled(text) ? called : text)), offset);
    }
    return Buffer.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** A name without the hashes of its crates, and without what may stand before the first. */
const plain = (name) => name.replace(/\[[0-9a-f]{16}\]/g, "").replace(/^[<&]+/, "");
