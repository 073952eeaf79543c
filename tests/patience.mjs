// How long tests wait for what has to come, in milliseconds. A machine that does other work is slow, so only what
// never comes may run into this.
export const PATIENCE = 60_000;
