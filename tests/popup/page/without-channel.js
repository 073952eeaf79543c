delete globalThis.BroadcastChannel;
