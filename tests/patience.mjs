// How long tests wait for something to happen, in milliseconds. A busy machine is slow, so the limit is long: only what
// never happens may reach it.
export const PATIENCE = 60_000;
