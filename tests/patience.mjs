// How long tests wait for something to happen, in milliseconds. Long enough for a busy machine, so that it is only
// reached by what never happens.
export const PATIENCE = 60_000;
