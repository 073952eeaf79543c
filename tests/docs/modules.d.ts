// What frameworks export of that which the documentation uses; npm run consumers has the real ones.

declare module "vue" {
  export function shallowRef<T>(value: T): { value: T };
  export function onMounted(work: () => void): void;
  export function onUnmounted(work: () => void): void;
}

declare module "svelte/store" {
  export function readable<T>(
    value: T,
    start: (set: (value: T) => void) => () => void,
  ): { subscribe(run: (value: T) => void): () => void };
}

declare module "use-mcp/react" {
  export function useMcp(options: { url: string; clientName: string }): object;
}

// The SDK's types name Node's Buffer. A page has none, and Node's types would hide that.
interface Buffer extends Uint8Array {}
