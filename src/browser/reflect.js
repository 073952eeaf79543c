// The global object: of the window, or of the worker.

export const global = (name) => globalThis[name];
